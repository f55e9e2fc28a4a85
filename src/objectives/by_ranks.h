// Losses and gradients of a batch whose images are shared among several ranks (ranks.h).
//
// Every rank computes the loss from the values of all images. The images' gradients are added up in the order of the
// batch, on the CPU in the same parts as in a single process, so that the sum has the same bits.
#pragma once

#include <cebm/engine.h>
#include <cebm/metric.h>
#include <cebm/ranks.h>
#include <cebm/tiles.h>

#include <functional>
#include <vector>

#include "engine/elbo_gradient.h"

namespace cebm {

using LossOfValues = std::function<torch::Tensor(const torch::Tensor& values)>;

/// Engine::add_weight_gradient over the images of all ranks; `parameters` are the model's.
torch::Tensor add_weight_gradient(Ranks& ranks, Engine& engine, const std::vector<torch::Tensor>& parameters,
                                  const torch::Tensor& images, const LossOfValues& loss);

/// Engine::add_network_gradient likewise; `parameters` are the network's. `gradient` sees the outputs of all images.
void add_network_gradient(Ranks& ranks, Engine& engine, const std::vector<torch::Tensor>& parameters,
                          const torch::Tensor& images,
                          const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient);

/// ElboGradient::add likewise; `parameters` are the model's.
torch::Tensor add_elbo_gradient(Ranks& ranks, ElboGradient& gradient, const std::vector<torch::Tensor>& parameters,
                                const torch::Tensor& images, const torch::Tensor& noise, const LossOfValues& loss);

/// Shares of whole tiles on the CPU: the rounding of LibTorch's operations depends on an image's place in its tile.
Shares shares_of_tiles(const Ranks& ranks, const torch::Tensor& images);

/// Engine::gradient of all images.
torch::Tensor gradient_of_all(Ranks& ranks, Engine& engine, const torch::Tensor& images);

/// Gathers the images [B, C, H, W] of all ranks, channels-last.
torch::Tensor gather_images(Ranks& ranks, const torch::Tensor& own, const Shares& shares);

/// Means of the samplers' values over all ranks, weighted by each rank's number of chains.
StepValues means_of_ranks(Ranks& ranks, const StepValues& own, const Shares& shares);

}  // namespace cebm
