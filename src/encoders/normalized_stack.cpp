#include "encoders/normalized_stack.h"

#include <cebm/random.h>

#include "encoders/layer.h"

namespace cebm {

namespace {

/// Means and biased variances of y's channels, each [1, C].
std::vector<torch::Tensor> moments(const torch::Tensor& y) {
  const torch::Tensor rows = y.permute({0, 2, 3, 1}).reshape({-1, y.size(1)});
  const torch::Tensor mean = rows.mean(0, /*keepdim=*/true);
  return {mean, (rows - mean).square().mean(0, /*keepdim=*/true)};
}

}  // namespace

NormalizedStack::NormalizedStack(StackPlan plan) : plan_(std::move(plan)) {
  std::int64_t in = plan_.in_channels;
  for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
    const std::int64_t out = plan_.channels[i];
    const std::int64_t kernel = plan_.kernels[i];
    const std::int64_t fan_in = (plan_.transposed ? out : in) * kernel * kernel;  // PyTorch's, of dimension 1
    const std::vector<std::int64_t> shape{plan_.transposed ? in : out, plan_.transposed ? out : in, kernel, kernel};
    const std::string name = std::to_string(i);
    const std::uint64_t number = plan_.first_parameter + 2 * i;
    weights_.push_back(register_parameter(
        "weight" + name,
        initial_values(shape, fan_in, plan_.seed, number).contiguous(torch::MemoryFormat::ChannelsLast)));
    if (plan_.plain_end && i + 1 == plan_.channels.size()) {
      end_bias_ = register_parameter("bias" + name, initial_values({out}, fan_in, plan_.seed, number + 1));
    } else {
      // Other convolutions have no bias, since normalisation would cancel it.
      norms_.push_back(register_module("norm" + name, std::make_shared<BatchNorm>(out)));
    }
    in = out;
  }
}

torch::Tensor NormalizedStack::forward(const torch::Tensor& x, const Pass& pass) {
  torch::Tensor h = x;
  for (std::size_t i = 0; i < norms_.size(); ++i) {
    const ChannelMap channels = normalize(h, i, pass);
    h = activate(h, channels, kept_channels(h, i, pass));
  }
  if (!end_bias_.defined()) return h;
  return map_tiles(h.size(0), {h}, {weights_.back(), end_bias_}, [this](const Tile&, const auto& in, const auto& w) {
    return std::vector{convolve(in[0], norms_.size(), w[0]) + w[1].view({1, -1, 1, 1})};
  })[0];
}

torch::Tensor NormalizedStack::convolve(const torch::Tensor& h, std::size_t layer, const torch::Tensor& weight) const {
  const std::int64_t stride = plan_.strides[layer];
  const std::int64_t padding = plan_.paddings[layer];
  return plan_.transposed ? at::conv_transpose2d(h, weight, /*bias=*/{}, stride, padding)
                          : at::conv2d(h, weight, /*bias=*/{}, stride, padding);
}

/// Replaces h by its convolution; returns the map that normalises it.
ChannelMap NormalizedStack::normalize(torch::Tensor& h, std::size_t layer, const Pass& pass) {
  const bool training = pass.statistics == Statistics::batch;
  const auto results =
      map_tiles(h.size(0), {h}, {weights_[layer]}, [&](const Tile& tile, const auto& in, const auto& weight) {
        std::vector<torch::Tensor> all{convolve(in[0], layer, weight[0])};
        if (!training) return all;
        for (torch::Tensor& moment : moments(all[0])) all.push_back(std::move(moment));
        all.push_back(torch::full({1, 1}, static_cast<double>(tile.size), all[0].options()));
        return all;
      });
  h = results[0];
  if (!training) return norms_[layer]->of_running();
  return norms_[layer]->of_batch(results[1], results[2], results[3] * static_cast<double>(h.size(2) * h.size(3)));
}

torch::Tensor NormalizedStack::activate(const torch::Tensor& h, const ChannelMap& channels,
                                        const torch::Tensor& kept) const {
  std::vector<torch::Tensor> inputs{h};
  if (kept.defined()) inputs.push_back(kept);
  return map_tiles(
      h.size(0), inputs, {channels.scale, channels.shift}, [&](const Tile&, const auto& in, const auto& map) {
        const torch::Tensor normalized = at::addcmul(map[1].view({1, -1, 1, 1}), in[0], map[0].view({1, -1, 1, 1}));
        const torch::Tensor activated = plan_.activation(normalized);
        return std::vector{in.size() > 1 ? activated * in[1] : activated};
      })[0];
}

/// Zero or 1 / (1 - dropout) for each channel of each image, [B, C, 1, 1]; undefined where nothing is dropped.
torch::Tensor NormalizedStack::kept_channels(const torch::Tensor& h, std::size_t layer, const Pass& pass) const {
  if (plan_.dropout == 0.0 || pass.statistics == Statistics::running) return {};
  const auto options = torch::TensorOptions(h.device());
  const torch::Tensor drawn = torch::empty({h.size(0), h.size(1)}, options.dtype(torch::kFloat));
  RandomKey key = pass.dropout;
  key.step = key.step * norms_.size() + layer;
  fill_uniform(drawn, key, torch::arange(h.size(0), options.dtype(torch::kInt64)));
  return drawn.ge(plan_.dropout).to(h.scalar_type()).div(1.0 - plan_.dropout).view({h.size(0), h.size(1), 1, 1});
}

}  // namespace cebm
