#include "engine/cpu/weight_gradient.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <cebm/tiles.h>

#include <algorithm>

#include "core/row_loss.h"
#include "engine/cpu/forward.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

constexpr std::int64_t kGroupImages = 32;  ///< whose gradients are summed one after the other

/// The most bytes of activations kept between the forward and the backward pass over all images.
constexpr std::int64_t kMemory = 256 * 1024 * 1024;

/// Gradients with respect to the weight and bias of every layer.
struct LayerGradient {
  torch::Tensor weight;
  torch::Tensor bias;
};

/// The network's part of a loss's gradient. Activations that exceed kMemory are computed a second time.
class NetworkPasses {
 public:
  NetworkPasses(Lanes& lanes, const std::vector<FeedForwardLayer>& layers, const torch::Tensor& x)
      : lanes_(lanes), layers_(layers), x_(x), pixels_(x.numel() / x.size(0)) {
    if (x.size(0) * network().activation_bytes() <= kMemory) kept_ = &lanes.kept(x.size(0));
  }

  torch::Tensor outputs() {
    if (kept_ == nullptr) return forward(lanes_, x_, cpu::Summation::plain);
    torch::Tensor outputs = at::empty({x_.size(0), network().outputs()}, at::kFloat);
    lanes_.for_each(x_.size(0), [&](Lane& lane, const Tile& tile) {
      network().forward(*kept_, *lane.scratch, {tile.begin, tile.size}, images(tile.begin),
                        outputs.data_ptr<float>() + tile.begin * network().outputs());
    });
    return outputs;
  }

  /// Sums over the images of each group.
  std::vector<std::vector<LayerGradient>> gradients(const torch::Tensor& of_outputs) {
    std::vector<std::vector<LayerGradient>> groups(
        static_cast<std::size_t>((x_.size(0) + kGroupImages - 1) / kGroupImages));
    lanes_.for_each_part(std::ssize(groups), [&](Lane& lane, std::int64_t group) {
      const std::int64_t end = std::min(x_.size(0), (group + 1) * kGroupImages);
      for (std::int64_t begin = group * kGroupImages; begin < end; begin += kLaneImages) {
        add(lane, {begin, std::min(kLaneImages, end - begin)},
            of_outputs.const_data_ptr<float>() + begin * network().outputs());
      }
      groups[static_cast<std::size_t>(group)] = take(lane);
    });
    return groups;
  }

 private:
  const cpu::ConvNetwork& network() const { return lanes_.network(); }
  const float* images(std::int64_t first) const { return x_.const_data_ptr<float>() + first * pixels_; }

  void add(Lane& lane, cpu::ImageRange range, const float* of_outputs) const {
    const float* const x = images(range.first);
    if (kept_ != nullptr) return network().add_gradients(*kept_, *lane.scratch, range, x, of_outputs);
    range.first = 0;
    network().forward(*lane.activations, *lane.scratch, range, x, lane.outputs.data());
    network().add_gradients(*lane.activations, *lane.scratch, range, x, of_outputs);
  }

  std::vector<LayerGradient> take(Lane& lane) const {
    std::vector<LayerGradient> gradients;
    for (const FeedForwardLayer& layer : layers_) {
      gradients.push_back({at::zeros(layer.weight.sizes(), at::kFloat), at::zeros(layer.bias.sizes(), at::kFloat)});
      const auto& [weight, bias] = gradients.back();
      network().take_gradients(*lane.scratch, gradients.size() - 1, weight.data_ptr<float>(), bias.data_ptr<float>());
    }
    return gradients;
  }

  Lanes& lanes_;
  const std::vector<FeedForwardLayer>& layers_;
  const torch::Tensor& x_;
  std::int64_t pixels_;
  cpu::ConvNetwork::Activations* kept_ = nullptr;
};

void add_to_gradient(const torch::Tensor& parameter, const torch::Tensor& gradient) {
  torch::Tensor& sum = parameter.mutable_grad();
  sum = sum.defined() ? sum.add_(gradient) : gradient;
}

/// Adds up the groups in their order.
void add_groups(const std::vector<FeedForwardLayer>& layers, const std::vector<std::vector<LayerGradient>>& groups) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (std::size_t g = 1; g < groups.size(); ++g) {
      groups[0][l].weight.add_(groups[g][l].weight);
      groups[0][l].bias.add_(groups[g][l].bias);
    }
    add_to_gradient(layers[l].weight, groups[0][l].weight);
    add_to_gradient(layers[l].bias, groups[0][l].bias);
  }
}

void hand_over(const std::vector<FeedForwardLayer>& layers, const std::vector<std::vector<LayerGradient>>& groups,
               GradientParts& parts) {
  for (const auto& group : groups) {
    for (std::size_t l = 0; l < layers.size(); ++l) {
      parts.add(layers[l].weight, group[l].weight);
      parts.add(layers[l].bias, group[l].bias);
    }
  }
}

/// The parameters that are not the network's.
std::vector<torch::Tensor> head_parameters(const EnergyModel& model, const std::vector<FeedForwardLayer>& layers) {
  std::vector<torch::Tensor> parameters = model.parameters();
  std::erase_if(parameters, [&](const torch::Tensor& parameter) {
    return std::any_of(layers.begin(), layers.end(), [&](const FeedForwardLayer& layer) {
      return parameter.is_same(layer.weight) || parameter.is_same(layer.bias);
    });
  });
  return parameters;
}

}  // namespace

torch::Tensor add_weight_gradient(const EnergyModel& model, const EnergyPlan& plan, Lanes& lanes,
                                  const torch::Tensor& x,
                                  const std::function<torch::Tensor(const torch::Tensor& energies)>& loss,
                                  GradientParts* parts) {
  torch::Tensor value;
  const auto of_outputs = [&](const torch::Tensor& outputs) {
    const auto energies = [&](const torch::Tensor& rows, std::int64_t first) { return plan.head->energy(rows, first); };
    const RowLoss head = add_row_loss(outputs, head_parameters(model, plan.layers), energies, loss, parts);
    value = head.value;
    return head.gradient;
  };
  add_network_gradient(plan.layers, lanes, x, of_outputs, parts);
  return value;
}

void add_network_gradient(const std::vector<FeedForwardLayer>& layers, Lanes& lanes, const torch::Tensor& x,
                          const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient,
                          GradientParts* parts) {
  NetworkPasses network(lanes, layers, x);
  const torch::Tensor of_outputs = gradient(network.outputs()).contiguous();
  const torch::NoGradGuard no_graph;
  const auto groups = network.gradients(of_outputs);
  if (parts != nullptr) return hand_over(layers, groups, *parts);
  add_groups(layers, groups);
}

}  // namespace cebm
