#include "engine/cuda/device_network.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

#include <algorithm>

#include "kernels/cuda/runtime.h"

namespace cebm {

namespace {

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

void* stream_of(const torch::Tensor& tensor) {
  return tensor.is_cuda() ? kernels::cuda::current_stream(tensor.device().index()) : nullptr;
}

torch::Tensor dense(const torch::Tensor& tensor) {
  return tensor.contiguous(tensor.dim() == 4 ? kChannelsLast : torch::MemoryFormat::Contiguous);
}

/// [B, ...] in the order of memory.
torch::Tensor flat(const torch::Tensor& tensor) {
  return tensor.dim() == 2 ? tensor : tensor.permute({0, 2, 3, 1}).reshape({tensor.size(0), -1});
}

/// Positions and channels of a dense [B, C, H, W] or [B, C].
kernels::Rows positions_of(const torch::Tensor& tensor) {
  const std::int64_t channels = tensor.size(1);
  return {.count = tensor.numel() / channels, .length = channels};
}

Precision precision_of(torch::ScalarType type) {
  return type == torch::kBFloat16 ? Precision::bfloat16 : Precision::float32;
}

torch::ScalarType type_of(Precision precision) {
  return precision == Precision::bfloat16 ? torch::kBFloat16 : torch::kFloat;
}

/// No activation is a leaky ReLU of slope 1.
std::optional<KernelActivation> kernel_form(const std::optional<Activation>& activation) {
  return activation ? activation->kernel() : KernelActivation{Nonlinearity::leaky_relu, 1.0F};
}

bool is_plain(const torch::Tensor& tensor, torch::DeviceType device) {
  return tensor.device().type() == device && tensor.scalar_type() == torch::kFloat;
}

ImageShape output_of(const FeedForwardLayer& layer, ImageShape input) {
  const std::int64_t channels = layer.weight.size(0);
  if (layer.weight.dim() != 4) return {channels, 1, 1};
  const auto size = [&](std::int64_t in, std::int64_t kernel) {
    return (in + 2 * layer.padding - kernel) / layer.stride + 1;
  };
  return {channels, size(input.height, layer.weight.size(2)), size(input.width, layer.weight.size(3))};
}

}  // namespace

std::unique_ptr<DeviceNetwork> DeviceNetwork::make(const std::vector<FeedForwardLayer>& layers, ImageShape image,
                                                   torch::DeviceType device, Precision precision,
                                                   const ActivationKernels& kernels) {
  if (layers.empty() || layers.back().weight.dim() != 2 || layers.back().activation) return nullptr;
  for (const FeedForwardLayer& layer : layers) {
    if (!is_plain(layer.weight, device) || !is_plain(layer.bias, device)) return nullptr;
    if (!kernel_form(layer.activation)) return nullptr;
  }
  std::unique_ptr<DeviceNetwork> network(new DeviceNetwork(kernels));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool inner = i > 0 && i + 1 < layers.size();
    network->add(layers[i], image, inner && precision == Precision::bfloat16 ? torch::kBFloat16 : torch::kFloat);
    image = output_of(layers[i], image);
  }
  return network->load(layers) ? std::move(network) : nullptr;
}

void DeviceNetwork::add(const FeedForwardLayer& layer, ImageShape input, torch::ScalarType type) {
  const torch::TensorOptions options = layer.weight.options().requires_grad(false);
  const std::int64_t outputs = layer.weight.size(0);
  Layer added;
  added.convolution = layer.weight.dim() == 4;
  added.input = input;
  added.bias = torch::empty({outputs}, options);
  const KernelActivation activation = kernel_form(layer.activation).value();
  added.pass.kind = activation.kind;
  added.pass.slope = activation.slope;
  added.pass.sums_format = precision_of(type);
  if (!layers_.empty()) layers_.back().pass.values_format = precision_of(type);
  if (added.convolution) {
    const ImageShape output = output_of(layer, input);
    added.stride = layer.stride;
    added.padding = layer.padding;
    const auto left_over = [&](std::int64_t in, std::int64_t kernel, std::int64_t out) {
      return in + 2 * layer.padding - kernel - (out - 1) * layer.stride;
    };
    added.output_padding = {left_over(input.height, layer.weight.size(2), output.height),
                            left_over(input.width, layer.weight.size(3), output.width)};
    added.storage = torch::empty(layer.weight.sizes(), options.dtype(type), kChannelsLast);
    added.weight = added.storage;
  } else {
    // Columns in the order in which channels-last images lie in memory.
    added.storage =
        torch::empty({outputs, input.channels, input.height, input.width}, options.dtype(type), kChannelsLast);
    added.weight = flat(added.storage);
  }
  layers_.push_back(std::move(added));
}

bool DeviceNetwork::fits(const FeedForwardLayer& layer, const Layer& own) {
  const bool convolution = layer.weight.dim() == 4;
  return is_plain(layer.weight, own.storage.device().type()) && convolution == own.convolution &&
         (convolution ? layer.weight.sizes() == own.storage.sizes() && layer.stride == own.stride &&
                            layer.padding == own.padding
                      : layer.weight.size(0) == own.storage.size(0) && layer.weight.numel() == own.storage.numel()) &&
         kernel_form(layer.activation) == KernelActivation{own.pass.kind, own.pass.slope};
}

bool DeviceNetwork::load(const std::vector<FeedForwardLayer>& layers) {
  if (!std::equal(layers.begin(), layers.end(), layers_.begin(), layers_.end(), fits)) return false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers_[i].storage.copy_(layers[i].weight.detach().reshape(layers_[i].storage.sizes()));
    layers_[i].bias.copy_(layers[i].bias.detach());
  }
  return true;
}

torch::Tensor DeviceNetwork::forward(const torch::Tensor& x) {
  kept_.clear();
  torch::Tensor values = x;
  for (Layer& layer : layers_) {
    const torch::Tensor sums = layer.convolution
                                   ? dense(at::conv2d(values, layer.weight, {}, layer.stride, layer.padding))
                                   : at::mm(flat(values), layer.weight.t());
    if (&layer == &layers_.back()) return sums.add_(layer.bias);
    kernels::ActivationPass& pass = layer.pass;
    pass.positions = positions_of(sums);
    const bool in_place = kernels::keeps_values(pass.kind) && pass.sums_format == pass.values_format;
    values = in_place ? sums : at::empty_like(sums, sums.options().dtype(type_of(pass.values_format)));
    kernels_.activate(pass, sums.data_ptr(), layer.bias.const_data_ptr<float>(), values.data_ptr(), stream_of(sums));
    kept_.push_back(kernels::keeps_values(pass.kind) ? values : sums);
  }
  return values;
}

torch::Tensor DeviceNetwork::backward(const torch::Tensor& gradient) {
  torch::Tensor of_sums = gradient.contiguous();
  for (std::size_t i = layers_.size(); i-- > 0;) {
    const Layer& layer = layers_[i];
    const ImageShape in = layer.input;
    torch::Tensor of_values;
    if (layer.convolution) {
      // The transposed convolution is the convolution's backward-data, and needs no input.
      of_values =
          dense(at::conv_transpose2d(of_sums, layer.weight, {}, layer.stride, layer.padding, layer.output_padding));
    } else {
      of_values = at::mm(flat(of_sums), layer.weight)
                      .view({of_sums.size(0), in.height, in.width, in.channels})
                      .permute({0, 3, 1, 2});
    }
    if (i == 0) return of_values;
    const kernels::ActivationPass& pass = layers_[i - 1].pass;
    of_sums = pass.sums_format == pass.values_format
                  ? of_values
                  : at::empty_like(of_values, of_values.options().dtype(type_of(pass.sums_format)));
    kernels_.pull_back(pass, of_values.const_data_ptr(), kept_.back().const_data_ptr(), of_sums.data_ptr(),
                       stream_of(of_sums));
    kept_.pop_back();
  }
  return of_sums;
}

}  // namespace cebm
