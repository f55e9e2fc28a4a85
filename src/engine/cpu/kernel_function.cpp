#include "engine/cpu/kernel_function.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engine/cpu/conv_layers.h"
#include "engine/cpu/lanes.h"
#include "engine/cpu/memory_pool.h"
#include "kernels/cpu/instruction_sets.h"
#include "kernels/cpu/transposed_network.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What a backward pass is asked for.
struct Wanted {
  bool input = false;
  bool weights = false;
};

/// The two kinds of networks behind one interface; all numbers are dense float32.
struct Convolutions {
  using Network = cpu::ConvNetwork;
  static std::unique_ptr<Network> make(cpu::Extent size, const ConvLayers& layers) {
    return std::make_unique<Network>(size, layers.layers, Precision::float32, cpu::chosen_conv_kernels());
  }
  static torch::Tensor outputs(const Network& network, std::int64_t count, const ConvLayers& /*layers*/) {
    return at::empty({count, network.outputs()}, at::kFloat);
  }
  static void backward(const Network& network, Network::Activations& activations, Network::Scratch& scratch,
                       cpu::ImageRange range, const float* x, float* outputs, const float* gradient, Wanted wanted,
                       float* dx) {
    if (wanted.weights) network.add_gradients(activations, scratch, range, x, gradient);
    if (!wanted.input) return;
    // The scratch memory holds the first layer's activations of other images by now.
    network.forward(activations, scratch, range, x, outputs);
    network.backward(activations, scratch, range, gradient, dx);
  }
};

struct TransposedConvolutions {
  using Network = cpu::TransposedNetwork;
  static std::unique_ptr<Network> make(cpu::Extent size, const ConvLayers& layers) {
    return std::make_unique<Network>(size, layers.layers, cpu::chosen_conv_kernels());
  }
  static torch::Tensor outputs(const Network& network, std::int64_t count, const ConvLayers& layers) {
    return at::empty({count, layers.layers.back().in_channels, network.size().height, network.size().width}, at::kFloat,
                     at::MemoryFormat::ChannelsLast);
  }
  static void backward(const Network& network, Network::Activations& activations, Network::Scratch& scratch,
                       cpu::ImageRange range, const float* /*x*/, float* /*outputs*/, const float* gradient,
                       Wanted wanted, float* dx) {
    network.backward(activations, scratch, range, gradient, wanted.weights, dx);
  }
};

/// A network with memory for many images at once.
template <class Kind>
class Passes {
 public:
  using Network = typename Kind::Network;
  using Activations = typename Network::Activations;

  Passes(cpu::Extent size, const ConvLayers& layers, const std::vector<FeedForwardLayer>& tensors)
      : layers_(layers), network_(Kind::make(size, layers)) {
    for (const FeedForwardLayer& layer : tensors) {
      parameters_.push_back(layer.weight);
      parameters_.push_back(layer.bias);
    }
  }

  const variable_list& parameters() const { return parameters_; }
  void load(const ConvLayers& layers) { network_->load(layers.layers); }

  std::shared_ptr<Activations> activations(std::int64_t images) {
    return activations_.take(images, [&](std::int64_t count) { return network_->activations(count); });
  }

  torch::Tensor forward(Activations& activations, const torch::Tensor& x) {
    torch::Tensor outputs = Kind::outputs(*network_, x.size(0), layers_);
    const auto scratch = this->scratch();
    for_each_range(x, outputs, [&](cpu::ImageRange range, const float* in, float* out) {
      network_->forward(activations, *scratch, range, in, out);
    });
    return outputs;
  }

  /// Gradients with respect to x, if wanted, and to the parameters, if wanted.
  variable_list backward(Activations& activations, const torch::Tensor& x, const torch::Tensor& gradient,
                         Wanted wanted) {
    variable_list found(1 + parameters_.size());
    if (wanted.input) found.front() = at::empty_like(x);
    torch::Tensor again = at::empty_like(gradient);
    const std::int64_t pixels = x.size(0) == 0 ? 0 : x.numel() / x.size(0);
    const auto scratch = this->scratch();
    for_each_range(x, again, [&](cpu::ImageRange range, const float* in, float* out) {
      const float* const of_outputs = gradient.const_data_ptr<float>() + (out - again.const_data_ptr<float>());
      float* const dx = wanted.input ? found.front().data_ptr<float>() + range.first * pixels : nullptr;
      Kind::backward(*network_, activations, *scratch, range, in, out, of_outputs, wanted, dx);
    });
    for (std::size_t l = 0; wanted.weights && 2 * l < parameters_.size(); ++l) {
      torch::Tensor& weight = found[1 + 2 * l] = at::zeros(parameters_[2 * l].sizes(), at::kFloat);
      torch::Tensor& bias = found[2 + 2 * l] = at::zeros(parameters_[2 * l + 1].sizes(), at::kFloat);
      network_->take_gradients(*scratch, l, weight.data_ptr<float>(), bias.data_ptr<float>());
    }
    return found;
  }

 private:
  std::shared_ptr<typename Network::Scratch> scratch() {
    return scratch_.take(kLaneImages, [&](std::int64_t count) { return network_->scratch(count); });
  }

  template <class Body>
  static void for_each_range(const torch::Tensor& x, torch::Tensor& outputs, const Body& body) {
    const std::int64_t count = x.size(0);
    for (std::int64_t first = 0; first < count; first += kLaneImages) {
      body(cpu::ImageRange{first, std::min(kLaneImages, count - first)},
           x.const_data_ptr<float>() + first * (x.numel() / count),
           outputs.data_ptr<float>() + first * (outputs.numel() / count));
    }
  }

  ConvLayers layers_;
  std::unique_ptr<Network> network_;
  variable_list parameters_;
  MemoryPool<Activations> activations_;
  MemoryPool<typename Network::Scratch> scratch_;
};

template <class Kind>
class Node final : public torch::autograd::Function<Node<Kind>> {
 public:
  /// `all`: x and the parameters.
  static torch::Tensor forward(AutogradContext* context, at::TensorList all, Passes<Kind>* passes) {
    const auto kept = c10::make_intrusive<Kept>();
    kept->passes = passes;
    kept->x = all.front().detach();
    kept->activations = passes->activations(kept->x.size(0));
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return passes->forward(*kept->activations, kept->x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
    if (torch::GradMode::is_enabled()) throw std::logic_error("kernel function: it has no second derivatives");
    if (!kept->activations) throw std::logic_error("kernel function: expected one backward pass, found a second");
    const std::size_t parameters = kept->passes->parameters().size();
    Wanted wanted{context->needs_input_grad(0), false};
    for (std::size_t i = 0; i < parameters; ++i) wanted.weights = wanted.weights || context->needs_input_grad(1 + i);
    const torch::Tensor& given = gradients.front();
    const torch::Tensor gradient =
        given.contiguous(given.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
    variable_list found = kept->passes->backward(*kept->activations, kept->x, gradient, wanted);
    kept->activations.reset();
    found.emplace_back();  // of the argument that is no tensor
    return found;
  }

 private:
  struct Kept final : torch::CustomClassHolder {
    Passes<Kind>* passes = nullptr;
    torch::Tensor x;
    std::shared_ptr<typename Passes<Kind>::Activations> activations;
  };
};

template <class Kind>
torch::Tensor apply(Passes<Kind>& passes, const torch::Tensor& given) {
  const torch::Tensor x = given.contiguous(at::MemoryFormat::ChannelsLast);
  variable_list all{x};
  all.insert(all.end(), passes.parameters().begin(), passes.parameters().end());
  const bool records = torch::GradMode::is_enabled() &&
                       std::any_of(all.begin(), all.end(), [](const auto& t) { return t.requires_grad(); });
  if (records) return Node<Kind>::apply(at::TensorList(all), &passes);
  return passes.forward(*passes.activations(x.size(0)), x);
}

class EncoderFunction final : public KernelFunction {
 public:
  EncoderFunction(Encoder& encoder, ImageShape image, const ConvLayers& layers)
      : encoder_(encoder), image_(image), passes_({image.height, image.width}, layers, encoder.feed_forward()) {}

  void load() override { passes_.load(conv_layers(encoder_.feed_forward(), image_).value()); }
  torch::Tensor operator()(const torch::Tensor& x) override { return apply(passes_, x); }

 private:
  Encoder& encoder_;
  ImageShape image_;
  Passes<Convolutions> passes_;
};

class DecoderFunction final : public KernelFunction {
 public:
  DecoderFunction(TransposedChain chain, const ConvLayers& layers)
      : chain_(std::move(chain)),
        passes_({chain_.start_shape.height, chain_.start_shape.width}, layers, chain_.layers) {}

  void load() override { passes_.load(transposed_layers(chain_.layers).value()); }
  torch::Tensor operator()(const torch::Tensor& z) override { return apply(passes_, chain_.start(z)); }

 private:
  TransposedChain chain_;
  Passes<TransposedConvolutions> passes_;
};

}  // namespace

std::unique_ptr<KernelFunction> kernel_function(Encoder& encoder, ImageShape image) {
  const std::vector<FeedForwardLayer> tensors = encoder.feed_forward();
  if (tensors.empty()) return nullptr;
  const auto layers = conv_layers(tensors, image);
  return layers ? std::make_unique<EncoderFunction>(encoder, image, *layers) : nullptr;
}

std::unique_ptr<KernelFunction> kernel_function(Decoder& decoder) {
  std::optional<TransposedChain> chain = decoder.transposed_chain();
  if (!chain) return nullptr;
  const auto layers = transposed_layers(chain->layers);
  return layers ? std::make_unique<DecoderFunction>(std::move(*chain), *layers) : nullptr;
}

}  // namespace cebm
