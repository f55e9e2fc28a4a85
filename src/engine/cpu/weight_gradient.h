// Gradients of a loss of energies with respect to the weights, by kernels of our own.
#pragma once

#include <cebm/gradient_parts.h>
#include <cebm/model.h>

#include <functional>

#include "engine/cpu/lanes.h"

namespace cebm {

/// Engine::add_weight_gradient for images that are float32 and dense channels-last; `lanes` hold the plan's network in
/// float32. The order of all sums depends on the number of images only. `parts` as in Engine::collect_in.
torch::Tensor add_weight_gradient(const EnergyModel& model, const EnergyPlan& plan, Lanes& lanes,
                                  const torch::Tensor& x,
                                  const std::function<torch::Tensor(const torch::Tensor& energies)>& loss,
                                  GradientParts* parts);

/// Engine::add_network_gradient under the same conditions.
void add_network_gradient(const std::vector<FeedForwardLayer>& layers, Lanes& lanes, const torch::Tensor& x,
                          const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient,
                          GradientParts* parts);

}  // namespace cebm
