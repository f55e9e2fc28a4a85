#include <ATen/ops/_foreach_lerp.h>
#include <c10/core/GradMode.h>
#include <cebm/optimizer.h>

namespace cebm {

WeightAverage::WeightAverage(NamedTensors parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {
  for (const auto& [name, parameter] : parameters_) average_.push_back(parameter.detach().clone());
}

void WeightAverage::update(std::uint64_t step) {
  const torch::NoGradGuard no_graph;
  const double t = static_cast<double>(step);
  const double decay = std::min(decay_, (1.0 + t) / (10.0 + t));
  std::vector<torch::Tensor> current;
  for (const auto& [name, parameter] : parameters_) current.push_back(parameter);
  at::_foreach_lerp_(average_, current, 1.0 - decay);  // on a GPU one launch for all
}

void WeightAverage::save(State& state) const {
  for (std::size_t i = 0; i < average_.size(); ++i) state.tensors[parameters_[i].first] = average_[i].clone();
}

void WeightAverage::load(const State& state) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < average_.size(); ++i) {
    const auto& [name, parameter] = parameters_[i];
    average_[i].copy_(state.tensor(name, parameter.sizes(), parameter.scalar_type()));
  }
}

}  // namespace cebm
