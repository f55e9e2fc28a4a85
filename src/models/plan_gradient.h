// Gradients of a loss of energies with respect to the weights, by kernels of our own.
#pragma once

#include <cebm/model.h>

#include <functional>
#include <optional>

namespace cebm {

/// add_energy_loss_gradient for models with an EnergyPlan whose weights are float32 in the CPU's memory; empty, having
/// done nothing, for others. The order of all sums depends on the number of images only.
std::optional<torch::Tensor> add_plan_gradient(EnergyModel& model, const torch::Tensor& x,
                                               const std::function<torch::Tensor(const torch::Tensor& energies)>& loss);

}  // namespace cebm
