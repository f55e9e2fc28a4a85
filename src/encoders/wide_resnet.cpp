#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/avg_pool2d_backward.h>
#include <c10/core/GradMode.h>
#include <cebm/encoder.h>

#include <optional>
#include <string>
#include <utility>

#include "encoders/layer.h"

namespace cebm {

namespace {

constexpr std::int64_t kStemChannels = 16;
constexpr std::int64_t kWindow[] = {4, 4};
constexpr std::int64_t kNoPadding[] = {0, 0};

/// [B, C, H, W] -> [B, F].
torch::Tensor pool(Pooling kind, const torch::Tensor& x) {
  static constexpr std::int64_t positions[] = {2, 3};
  switch (kind) {
    case Pooling::average:
      return x.mean(positions);
    case Pooling::sum:
      return x.sum(positions);
    case Pooling::average_4x4:
      break;
  }
  return at::avg_pool2d(x, kWindow, kWindow, kNoPadding, /*ceil_mode=*/true).flatten(1);
}

/// Number of pooled features of a map of those sizes.
std::int64_t pooled_size(Pooling kind, ImageShape map) {
  if (kind != Pooling::average_4x4) return map.channels;
  return map.channels * ((map.height + 3) / 4) * ((map.width + 3) / 4);
}

/// Gradient with respect to x from the gradient [B, F].
torch::Tensor pull_back_pool(Pooling kind, const torch::Tensor& x, const torch::Tensor& gradient) {
  if (kind == Pooling::average_4x4) {
    const std::int64_t rows = (x.size(2) + 3) / 4;
    return at::avg_pool2d_backward(gradient.view({x.size(0), x.size(1), rows, -1}), x, kWindow, kWindow, kNoPadding,
                                   /*ceil_mode=*/true, /*count_include_pad=*/true, /*divisor_override=*/std::nullopt);
  }
  const double share = kind == Pooling::average ? 1.0 / static_cast<double>(x.size(2) * x.size(3)) : 1.0;
  return (gradient * share).unsqueeze(-1).unsqueeze(-1).expand_as(x);
}

/// x + second(f(first(f(x)))), with a 1 x 1 convolution of x where the shape changes.
///
/// Layer::pull_back uses only the shape of its input, so it gets the values before the activation. The activation's own
/// pull-back needs those anyway, and the activated values need not be kept.
struct Block {
  Layer first;
  Layer second;
  std::optional<Layer> shortcut;

  /// The value before the second activation.
  torch::Tensor middle(const Activation& f, const torch::Tensor& x) const { return first(f(x)); }

  torch::Tensor output(const Activation& f, const torch::Tensor& x, const torch::Tensor& middle) const {
    return second(f(middle)) + (shortcut ? (*shortcut)(x) : x);
  }

  torch::Tensor pull_back(const Activation& f, const torch::Tensor& x, const torch::Tensor& middle,
                          const torch::Tensor& gradient) const {
    const torch::Tensor inner = f.pull_back(middle, second.pull_back(middle, gradient));
    const torch::Tensor branch = f.pull_back(x, first.pull_back(x, inner));
    return branch + (shortcut ? shortcut->pull_back(x, gradient) : gradient);
  }
};

class WideResnet final : public Encoder {
 public:
  WideResnet(const WideResnetOptions& options, const EncoderContext& context)
      : Encoder("wide_resnet"),
        activation_(options.activation),
        pooling_(options.pooling),
        stem_activation_(options.stem_activation),
        seed_(context.seed) {
    stem_ = convolution("_stem", kStemChannels, context.image.channels, 3, 1);
    ImageShape map = context.image;
    map.channels = kStemChannels;
    for (std::int64_t group = 0; group < 3; ++group) {
      const std::int64_t channels = (kStemChannels << group) * options.width;
      for (std::int64_t block = 0; block < (options.depth - 4) / 6; ++block) {
        const std::int64_t stride = group > 0 && block == 0 ? 2 : 1;
        const std::string name = "_group" + std::to_string(group) + "_block" + std::to_string(block);
        add_block(name, map.channels, channels, stride, options.strided_convolution);
        map = {channels, (map.height - 1) / stride + 1, (map.width - 1) / stride + 1};
      }
    }
    std::int64_t features = pooled_size(pooling_, map);
    for (const std::int64_t hidden : options.hidden) {
      add_head(hidden, features);
      features = hidden;
    }
    add_head(context.outputs, features);
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor h = stem_(stem_activation_ ? activation_(x) : x);
    for (const Block& block : blocks_) h = block.output(activation_, h, block.middle(activation_, h));
    h = pool(pooling_, activation_(h));
    for (std::size_t i = 0; i + 1 < head_.size(); ++i) h = activation_(head_[i](h));
    return head_.back()(h);
  }

  Linearization linearize(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    Trace trace;
    trace.image = x;
    torch::Tensor h = stem_(stem_activation_ ? activation_(x) : x);
    for (const Block& block : blocks_) {
      trace.inputs.push_back(h);
      trace.middles.push_back(block.middle(activation_, h));
      h = block.output(activation_, h, trace.middles.back());
    }
    trace.map = h;
    h = pool(pooling_, activation_(h));
    trace.features.push_back(h);
    for (std::size_t i = 0; i + 1 < head_.size(); ++i) {
      trace.features.push_back(head_[i](h));
      h = activation_(trace.features.back());
    }
    return {head_.back()(h),
            [this, trace = std::move(trace)](const torch::Tensor& gradient) { return pull_back(trace, gradient); }};
  }

 private:
  /// Kept for the backward pass: every value before an activation.
  struct Trace {
    torch::Tensor image;
    std::vector<torch::Tensor> inputs;   ///< of each block
    std::vector<torch::Tensor> middles;  ///< of each block
    torch::Tensor map;
    std::vector<torch::Tensor> features;  ///< the pooled map and the sums of the hidden layers
  };

  torch::Tensor pull_back(const Trace& trace, torch::Tensor gradient) const {
    const torch::NoGradGuard no_graph;
    for (std::size_t i = head_.size(); i-- > 0;) {
      gradient = head_[i].pull_back(trace.features[i], gradient);
      if (i > 0) gradient = activation_.pull_back(trace.features[i], gradient);
    }
    gradient = activation_.pull_back(trace.map, pull_back_pool(pooling_, trace.map, gradient));
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      gradient = blocks_[i].pull_back(activation_, trace.inputs[i], trace.middles[i], gradient);
    }
    gradient = stem_.pull_back(trace.image, gradient);
    return stem_activation_ ? activation_.pull_back(trace.image, gradient) : gradient;
  }

  Layer convolution(const std::string& name, std::int64_t to, std::int64_t from, std::int64_t kernel,
                    std::int64_t stride) {
    return register_layer(*this, name, {to, from, kernel, kernel}, seed_, next_index(), stride, (kernel - 1) / 2);
  }

  void add_block(const std::string& name, std::int64_t from, std::int64_t to, std::int64_t stride,
                 StridedConvolution strided) {
    const bool at_first = strided == StridedConvolution::first;
    Block block{.first = convolution(name + "_conv1", to, from, 3, at_first ? stride : 1),
                .second = convolution(name + "_conv2", to, to, 3, at_first ? 1 : stride),
                .shortcut = {}};
    if (from != to || stride != 1) block.shortcut = convolution(name + "_shortcut", to, from, 1, stride);
    blocks_.push_back(std::move(block));
  }

  void add_head(std::int64_t to, std::int64_t from) {
    head_.push_back(register_layer(*this, "_head" + std::to_string(head_.size()), {to, from}, seed_, next_index()));
  }

  std::uint64_t next_index() { return 2 * layers_++; }

  Activation activation_;
  Pooling pooling_;
  bool stem_activation_;
  std::uint64_t seed_;
  std::uint64_t layers_ = 0;
  Layer stem_;
  std::vector<Block> blocks_;
  std::vector<Layer> head_;  ///< fully connected; the last is linear
};

}  // namespace

void WideResnetOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, StridedConvolution> convolutions[] = {{"first", StridedConvolution::first},
                                                                                {"second", StridedConvolution::second}};
  static constexpr std::pair<const char*, Pooling> poolings[] = {
      {"average", Pooling::average}, {"sum", Pooling::sum}, {"average_4x4", Pooling::average_4x4}};
  visit.integer("depth", depth, {10, 6004},
                "depth as the literature counts it: 6 n + 4 for n blocks in each of the three groups");
  visit.integer("width", width, {1, 1024}, "the groups have 16, 32 and 64 times as many channels");
  visit.enumeration<StridedConvolution>("strided_convolution", strided_convolution, convolutions,
                                        "which of a block's two 3 x 3 convolutions halves the image: first (Zagoruyko "
                                        "and Komodakis), second (JEM)");
  visit.boolean("stem_activation", stem_activation, "a non-linearity on the pixels, before the first convolution");
  visit.enumeration<Pooling>("pooling", pooling, poolings,
                             "how the last feature map becomes a vector: average or sum over all positions, or "
                             "average_4x4, means of 4 x 4 windows, which keeps where things are");
  activation.fields(visit);
  visit.integers("hidden", hidden, {1, 65536}, "widths of the hidden fully connected layers, may be empty");
}

std::shared_ptr<Encoder> make_wide_resnet(const WideResnetOptions& options, const EncoderContext& context) {
  if (options.depth < 10 || (options.depth - 4) % 6 != 0) {
    throw ConfigError("encoder wide_resnet: expected a depth of 6 n + 4 (10, 16, 22, 28, ...), found " +
                      std::to_string(options.depth));
  }
  return std::make_shared<WideResnet>(options, context);
}

}  // namespace cebm
