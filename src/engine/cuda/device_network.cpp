#include "engine/cuda/device_network.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

#include <algorithm>

#include "core/ieee_float32.h"

namespace cebm {

namespace {

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

/// Largest weight, in numbers, whose product uses our own kernel: beyond it, LibTorch's faster product outweighs its
/// extra launch.
constexpr std::int64_t kSmallWeight = 1 << 16;

torch::Tensor dense(const torch::Tensor& tensor) {
  return tensor.contiguous(tensor.dim() == 4 ? kChannelsLast : torch::MemoryFormat::Contiguous);
}

/// [B, ...] -> [B, F], in the order of memory.
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

/// Treats no activation as a leaky ReLU of slope 1.
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

bool is_first_layer(const FeedForwardLayer& layer) {
  return layer.weight.dim() == 4 && layer.weight.size(2) == 3 && layer.weight.size(3) == 3 && layer.stride == 1 &&
         layer.padding == 1 && kernels::fits_first_layer(layer.weight.size(1), layer.weight.size(0));
}

void* data_or_null(const torch::Tensor& tensor) { return tensor.defined() ? tensor.data_ptr() : nullptr; }

}  // namespace

std::unique_ptr<DeviceNetwork> DeviceNetwork::make(const std::vector<FeedForwardLayer>& layers, ImageShape image,
                                                   torch::DeviceType device, Precision precision,
                                                   const DeviceBackEnd& back_end) {
  if (layers.empty() || layers.back().weight.dim() != 2 || layers.back().activation) return nullptr;
  for (const FeedForwardLayer& layer : layers) {
    if (!is_plain(layer.weight, device) || !is_plain(layer.bias, device)) return nullptr;
    if (!kernel_form(layer.activation)) return nullptr;
  }
  std::unique_ptr<DeviceNetwork> network(new DeviceNetwork(back_end));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool is_last = i + 1 == layers.size();
    network->add(layers[i], image, i == 0 || is_last ? Precision::float32 : precision, is_last);
    image = output_of(layers[i], image);
  }
  return network->load(layers) ? std::move(network) : nullptr;
}

void DeviceNetwork::add(const FeedForwardLayer& layer, ImageShape input, Precision precision, bool is_last) {
  const torch::TensorOptions options = layer.weight.options().requires_grad(false);
  const torch::ScalarType type = type_of(precision);
  const std::int64_t outputs = layer.weight.size(0);
  Layer added;
  added.input = input;
  added.tf32 = precision == Precision::tf32;
  const KernelActivation activation = kernel_form(layer.activation).value();
  added.pass.kind = activation.kind;
  added.pass.slope = activation.slope;
  added.pass.sums_format = precision_of(type);
  if (!layers_.empty()) layers_.back().pass.values_format = precision_of(type);
  if (layers_.empty() && is_first_layer(layer)) {
    added.kind = Kind::first;
    added.storage = torch::empty(layer.weight.sizes(), options, kChannelsLast);
    added.weight = torch::empty({3, 3, input.channels, outputs}, options);
  } else if (layer.weight.dim() == 4) {
    const ImageShape output = output_of(layer, input);
    const auto left_over = [&](std::int64_t in, std::int64_t kernel, std::int64_t out) {
      return in + 2 * layer.padding - kernel - (out - 1) * layer.stride;
    };
    added.output_padding = {left_over(input.height, layer.weight.size(2), output.height),
                            left_over(input.width, layer.weight.size(3), output.width)};
    added.storage = torch::empty(layer.weight.sizes(), options.dtype(type), kChannelsLast);
    added.weight = added.storage;
  } else {
    const bool small = type == torch::kFloat && layer.weight.numel() <= kSmallWeight;
    added.kind = small ? Kind::small_product : Kind::product;
    // Columns in the order in which channels-last images lie in memory.
    added.storage =
        torch::empty({outputs, input.channels, input.height, input.width}, options.dtype(type), kChannelsLast);
    added.weight = flat(added.storage);
    if (small && !is_last) added.transposed = torch::empty({added.weight.size(1), outputs}, options);
  }
  added.bias = torch::empty({outputs}, options);
  added.stride = layer.stride;
  added.padding = layer.padding;
  layers_.push_back(std::move(added));
}

bool DeviceNetwork::fits(const FeedForwardLayer& layer, const Layer& own) {
  const bool convolution = layer.weight.dim() == 4;
  const bool was_convolution = own.kind == Kind::first || own.kind == Kind::convolution;
  return is_plain(layer.weight, own.storage.device().type()) && convolution == was_convolution &&
         (convolution ? layer.weight.sizes() == own.storage.sizes() && layer.stride == own.stride &&
                            layer.padding == own.padding
                      : layer.weight.size(0) == own.storage.size(0) && layer.weight.numel() == own.storage.numel()) &&
         kernel_form(layer.activation) == KernelActivation{own.pass.kind, own.pass.slope};
}

void DeviceNetwork::put(const FeedForwardLayer& layer, Layer& own) {
  const torch::Tensor weight = layer.weight.detach();
  own.bias.copy_(layer.bias.detach());
  if (own.kind == Kind::first) {
    own.weight.copy_(weight.permute({2, 3, 1, 0}));
    return;
  }
  own.storage.copy_(weight.reshape(own.storage.sizes()));
  if (own.transposed.defined()) own.transposed.copy_(own.weight.t());
}

bool DeviceNetwork::load(const std::vector<FeedForwardLayer>& layers) {
  if (!std::equal(layers.begin(), layers.end(), layers_.begin(), layers_.end(), fits)) return false;
  for (std::size_t i = 0; i < layers.size(); ++i) put(layers[i], layers_[i]);
  return true;
}

torch::Tensor DeviceNetwork::forward(const torch::Tensor& x) {
  kept_.clear();
  torch::Tensor values = x;
  for (Layer& layer : layers_) {
    if (&layer == &layers_.back()) return sums_of(layer, values);
    values = layer.kind == Kind::first           ? first_values(values)
             : layer.kind == Kind::small_product ? small_values(layer, values)
                                                 : values_of(layer, values);
  }
  return values;
}

kernels::FirstLayer DeviceNetwork::first_layer(std::int64_t images) const {
  const Layer& layer = layers_.front();
  return {.images = images,
          .height = layer.input.height,
          .width = layer.input.width,
          .channels = layer.input.channels,
          .outputs = layer.storage.size(0),
          .kind = layer.pass.kind,
          .slope = layer.pass.slope,
          .format = layer.pass.values_format,
          .weight = layer.weight.const_data_ptr<float>(),
          .bias = layer.bias.const_data_ptr<float>()};
}

torch::Tensor DeviceNetwork::first_values(const torch::Tensor& x) {
  const Layer& layer = layers_.front();
  const ImageShape in = layer.input;
  const torch::Tensor images = dense(x);
  const torch::Tensor values =
      at::empty({x.size(0), layer.storage.size(0), in.height, in.width},
                layer.storage.options().dtype(type_of(layer.pass.values_format)), kChannelsLast);
  const bool keeps_values = kernels::keeps_values(layer.pass.kind);
  const torch::Tensor slopes = keeps_values ? torch::Tensor() : at::empty_like(values);
  back_end_.kernels.first_layer_forward(first_layer(x.size(0)), images.const_data_ptr<float>(), values.data_ptr(),
                                        data_or_null(slopes), back_end_.stream());
  kept_.push_back(keeps_values ? values : slopes);
  return values;
}

torch::Tensor DeviceNetwork::sums_of(const Layer& layer, const torch::Tensor& input) const {
  const Float32Products products(layer.tf32);
  if (layer.kind == Kind::convolution) return dense(at::conv2d(input, layer.weight, {}, layer.stride, layer.padding));
  return at::mm(flat(input), layer.weight.t());
}

torch::Tensor DeviceNetwork::values_of(Layer& layer, const torch::Tensor& input) {
  const torch::Tensor sums = sums_of(layer, input);
  kernels::ActivationPass& pass = layer.pass;
  pass.positions = positions_of(sums);
  const bool keeps_values = kernels::keeps_values(pass.kind);
  const bool in_place = keeps_values && pass.sums_format == pass.values_format;
  const torch::Tensor values =
      in_place ? sums : at::empty_like(sums, sums.options().dtype(type_of(pass.values_format)));
  back_end_.kernels.activate(pass, sums.data_ptr(), layer.bias.const_data_ptr<float>(), values.data_ptr(),
                             back_end_.stream());
  kept_.push_back(keeps_values ? values : sums);
  return values;
}

torch::Tensor DeviceNetwork::small_values(const Layer& layer, const torch::Tensor& input) {
  const torch::Tensor rows = flat(input);
  const torch::Tensor values = at::empty({rows.size(0), layer.transposed.size(1)}, rows.options());
  const bool keeps_values = kernels::keeps_values(layer.pass.kind);
  const torch::Tensor slopes = keeps_values ? torch::Tensor() : at::empty_like(values);
  const kernels::Product product{.rows = rows.size(0),
                                 .inner = rows.size(1),
                                 .columns = values.size(1),
                                 .a = rows.const_data_ptr<float>(),
                                 .b = layer.transposed.const_data_ptr<float>(),
                                 .kind = layer.pass.kind,
                                 .slope = layer.pass.slope};
  back_end_.kernels.product_activate(product, layer.bias.const_data_ptr<float>(), values.data_ptr<float>(),
                                     keeps_values ? nullptr : slopes.data_ptr<float>(), back_end_.stream());
  kept_.push_back(keeps_values ? values : slopes);
  return values;
}

torch::Tensor DeviceNetwork::take_kept() {
  torch::Tensor kept = std::move(kept_.back());
  kept_.pop_back();
  return kept;
}

torch::Tensor DeviceNetwork::back_through(const Layer& layer, const torch::Tensor& of_sums) const {
  const Float32Products products(layer.tf32);
  const ImageShape in = layer.input;
  if (layer.kind != Kind::convolution && layer.kind != Kind::first) {
    return at::mm(flat(of_sums), layer.weight)
        .view({of_sums.size(0), in.height, in.width, in.channels})
        .permute({0, 3, 1, 2});
  }
  // The transposed convolution is the convolution's backward-data, and needs no input.
  return dense(at::conv_transpose2d(of_sums, layer.weight, {}, layer.stride, layer.padding, layer.output_padding));
}

torch::Tensor DeviceNetwork::pulled_back(kernels::ActivationPass pass, const torch::Tensor& of_values,
                                         const torch::Tensor& kept) const {
  pass.positions = positions_of(of_values);
  const torch::Tensor of_sums = pass.sums_format == pass.values_format
                                    ? of_values
                                    : at::empty_like(of_values, of_values.options().dtype(type_of(pass.sums_format)));
  back_end_.kernels.pull_back(pass, of_values.const_data_ptr(), kept.const_data_ptr(), of_sums.data_ptr(),
                              back_end_.stream());
  return of_sums;
}

torch::Tensor DeviceNetwork::small_pulled_back(const Layer& layer, const Layer& before, const torch::Tensor& of_sums,
                                               const torch::Tensor& kept) const {
  const torch::Tensor rows = flat(of_sums);
  const torch::Tensor result = at::empty_like(kept, kept.options().dtype(type_of(before.pass.sums_format)));
  const kernels::Product product{.rows = rows.size(0),
                                 .inner = rows.size(1),
                                 .columns = layer.weight.size(1),
                                 .a = rows.const_data_ptr<float>(),
                                 .b = layer.weight.const_data_ptr<float>(),
                                 .kind = before.pass.kind,
                                 .slope = before.pass.slope};
  back_end_.kernels.product_pull_back(product, kept.const_data_ptr(), precision_of(kept.scalar_type()),
                                      result.data_ptr(), before.pass.sums_format, back_end_.stream());
  return result;
}

torch::Tensor DeviceNetwork::back_to_first(const torch::Tensor& gradient) {
  torch::Tensor of_sums = gradient.contiguous();
  for (std::size_t i = layers_.size() - 1; i > 0; --i) {
    const Layer& layer = layers_[i];
    const Layer& before = layers_[i - 1];
    // The first layer's own kernel pulls back as well.
    if (before.kind == Kind::first) return back_through(layer, of_sums);
    const torch::Tensor kept = take_kept();
    of_sums = layer.kind == Kind::small_product ? small_pulled_back(layer, before, of_sums, kept)
                                                : pulled_back(before.pass, back_through(layer, of_sums), kept);
  }
  return of_sums;
}

torch::Tensor DeviceNetwork::backward(const torch::Tensor& gradient) {
  const torch::Tensor of_first = back_to_first(gradient);
  const Layer& layer = layers_.front();
  if (layer.kind != Kind::first) return back_through(layer, of_first);
  const ImageShape in = layer.input;
  const torch::Tensor result =
      at::empty({of_first.size(0), in.channels, in.height, in.width}, layer.storage.options(), kChannelsLast);
  back_end_.kernels.first_layer_backward(first_layer(of_first.size(0)), of_first.const_data_ptr(),
                                         take_kept().const_data_ptr(), result.data_ptr<float>(), back_end_.stream());
  return result;
}

void DeviceNetwork::backward_and_move(const torch::Tensor& gradient, const kernels::FusedUpdate& move) {
  const torch::Tensor of_first = back_to_first(gradient);
  back_end_.kernels.first_layer_langevin(first_layer(of_first.size(0)), of_first.const_data_ptr(),
                                         take_kept().const_data_ptr(), move, back_end_.stream());
}

}  // namespace cebm
