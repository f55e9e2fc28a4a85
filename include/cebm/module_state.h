/// Parameters and buffers of a module by name: what is saved, averaged and loaded.
#pragma once

#include <cebm/model.h>
#include <cebm/state.h>

namespace cebm {

/// Names of a module's parameters and buffers with their tensors.
NamedTensors named_parameters(const torch::nn::Module& module);
/// What a moving average of a model's weights covers: its parameters and its running averages.
NamedTensors averaged_tensors(const Model& model);
State module_state(const torch::nn::Module& module);
/// Copies tensors into the module. Throws CheckpointError for a missing name or another shape.
void load_module_state(torch::nn::Module& module, const State& state);

}  // namespace cebm
