#include <c10/core/GradMode.h>
#include <cebm/module_state.h>

namespace cebm {

NamedTensors named_parameters(const torch::nn::Module& module) {
  NamedTensors all;
  for (const auto& item : module.named_parameters()) all.emplace_back(item.key(), item.value());
  return all;
}

NamedTensors averaged_tensors(const Model& model) {
  NamedTensors all = named_parameters(model);
  const auto buffers = model.named_buffers();
  for (const std::string& name : model.running_averages()) all.emplace_back(name, buffers[name]);
  return all;
}

State module_state(const torch::nn::Module& module) {
  State state;
  for (const auto& item : module.named_parameters()) state.tensors[item.key()] = item.value().detach().clone();
  for (const auto& item : module.named_buffers()) state.tensors[item.key()] = item.value().detach().clone();
  return state;
}

void load_module_state(torch::nn::Module& module, const State& state) {
  const torch::NoGradGuard no_graph;
  const auto copy = [&state](const std::string& name, torch::Tensor& to) {
    to.copy_(state.tensor(name, to.sizes(), to.scalar_type()));
  };
  for (auto& item : module.named_parameters()) copy(item.key(), item.value());
  for (auto& item : module.named_buffers()) copy(item.key(), item.value());
}

}  // namespace cebm
