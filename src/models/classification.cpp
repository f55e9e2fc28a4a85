#include <cebm/classification.h>

#include <stdexcept>
#include <vector>

namespace cebm {

torch::Tensor log_components(const ComponentBias& bias, const torch::Tensor& statistics) {
  std::vector<torch::Tensor> columns;
  for (std::int64_t y = 0; y < bias.components(); ++y) {
    const torch::Tensor of_all = torch::full({1}, y, torch::TensorOptions(statistics.device()).dtype(torch::kInt64));
    columns.push_back(bias.log_component(statistics, of_all));
  }
  return torch::stack(columns, 1);
}

const ComponentBias* components_of(const Model& model) {
  const auto* const conjugate = dynamic_cast<const Cebm*>(&model);
  return conjugate == nullptr ? nullptr : dynamic_cast<const ComponentBias*>(&conjugate->bias());
}

torch::Tensor component_probabilities(const Model& model, const torch::Tensor& outputs) {
  const ComponentBias* const bias = components_of(model);
  if (bias == nullptr) throw std::logic_error("classification: this model's bias has no components");
  return torch::softmax(log_components(*bias, dynamic_cast<const Cebm&>(model).statistics_of(outputs)), 1);
}

}  // namespace cebm
