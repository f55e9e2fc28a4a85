#include "engine/cpu/weight_gradient.h"

#include <ATen/ops/zeros.h>
#include <cebm/tiles.h>

#include <algorithm>

#include "core/tile_loss.h"
#include "engine/cpu/forward.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

constexpr std::int64_t kGroupImages = 32;  ///< whose gradients are summed one after the other

/// Sums over the images of the gradients with respect to the network's weights. Activations are computed a second time:
/// keeping them would cost memory in proportion to the batch.
std::shared_ptr<cpu::ConvNetwork::Gradients> network_gradient(Lanes& lanes, const torch::Tensor& x,
                                                              const torch::Tensor& of_outputs) {
  const cpu::ConvNetwork& network = lanes.network();
  const std::int64_t count = x.size(0);
  const std::int64_t pixels = x.numel() / count;
  const auto* const images = x.const_data_ptr<float>();
  const auto* const gradient = of_outputs.const_data_ptr<float>();
  std::vector<std::shared_ptr<cpu::ConvNetwork::Gradients>> groups(
      static_cast<std::size_t>((count + kGroupImages - 1) / kGroupImages));
  lanes.for_each(count, kGroupImages, [&](Lane& lane, const Tile& group) {
    auto& sums = groups[static_cast<std::size_t>(group.index)];
    sums = network.gradients();
    for (std::int64_t begin = group.begin; begin < group.begin + group.size; begin += kLaneImages) {
      const std::int64_t size = std::min(kLaneImages, group.begin + group.size - begin);
      network.forward(*lane.workspace, images + begin * pixels, size, lane.outputs.data());
      network.add_gradients(*lane.workspace, gradient + begin * network.outputs(), size, *sums);
    }
  });
  for (std::size_t g = 1; g < groups.size(); ++g) network.merge(*groups[0], *groups[g]);
  return groups[0];
}

void add_to_gradient(const torch::Tensor& parameter, const torch::Tensor& gradient) {
  torch::Tensor& sum = parameter.mutable_grad();
  sum = sum.defined() ? sum.add_(gradient) : gradient;
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

struct HeadGradient {
  torch::Tensor loss;
  torch::Tensor of_outputs;  ///< d loss / d outputs, [B, F]
};

/// The loss of the head's energies; adds its gradients with respect to the head's own parameters. The head's operations
/// are LibTorch's: by tiles, so that their bits do not depend on the number of threads either.
HeadGradient add_head_gradient(const EnergyHead& head, const torch::Tensor& outputs,
                               const std::vector<torch::Tensor>& parameters,
                               const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) {
  const std::int64_t count = outputs.size(0);
  std::vector<torch::Tensor> leaves(static_cast<std::size_t>(tile_count(torch::kCPU, count)));
  const auto leaf_of = [&](const Tile& tile) -> torch::Tensor& { return leaves[static_cast<std::size_t>(tile.index)]; };
  const auto energies = [&](const Tile& tile) {
    leaf_of(tile) = outputs.narrow(0, tile.begin, tile.size).detach().requires_grad_(true);
    return head.energy(leaf_of(tile), tile.begin);
  };
  TileLoss tiled(torch::kCPU, count, energies, loss);
  const auto gradients = tiled.gradients([&](const Tile& tile) {
    std::vector<torch::Tensor> wanted = parameters;
    wanted.push_back(leaf_of(tile));
    return wanted;
  });
  add_in_order(parameters, gradients);
  std::vector<torch::Tensor> of_outputs;
  for (const auto& tile : gradients) of_outputs.push_back(tile.back());
  return {tiled.value(), torch::cat(of_outputs)};
}

}  // namespace

torch::Tensor add_weight_gradient(const EnergyModel& model, const EnergyPlan& plan, Lanes& lanes,
                                  const torch::Tensor& x,
                                  const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) {
  const torch::Tensor outputs = forward(lanes, x, cpu::Summation::plain);
  const HeadGradient head = add_head_gradient(*plan.head, outputs, head_parameters(model, plan.layers), loss);
  const torch::NoGradGuard no_graph;
  const auto sums = network_gradient(lanes, x, head.of_outputs);
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const FeedForwardLayer& layer = plan.layers[l];
    const torch::Tensor weight = at::zeros(layer.weight.sizes(), at::kFloat);
    const torch::Tensor bias = at::zeros(layer.bias.sizes(), at::kFloat);
    lanes.network().unpack(*sums, l, weight.data_ptr<float>(), bias.data_ptr<float>());
    add_to_gradient(layer.weight, weight);
    add_to_gradient(layer.bias, bias);
  }
  return head.loss;
}

}  // namespace cebm
