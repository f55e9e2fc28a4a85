#include "models/plan_gradient.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <cebm/tiles.h>
#include <omp.h>

#include <algorithm>

#include "encoders/cpu_network.h"
#include "kernels/cpu/instruction_sets.h"
#include "models/tile_loss.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

constexpr std::int64_t kLaneImages = 4;    ///< whose activations a thread holds at once
constexpr std::int64_t kGroupImages = 32;  ///< whose gradients are summed one after the other

/// The network's passes over a batch of images, in parallel.
class Passes {
 public:
  Passes(const cpu::ConvNetwork& network, const torch::Tensor& x)
      : network_(network), x_(x), workspaces_(static_cast<std::size_t>(omp_get_max_threads())) {}

  torch::Tensor outputs() {
    torch::Tensor outputs = at::empty({x_.size(0), network_.outputs()}, at::kFloat);
    for_each_tile(torch::kCPU, x_.size(0), kLaneImages, [&](const Tile& tile) {
      network_.forward(workspace(), images(tile.begin), tile.size, row(outputs, tile.begin));
    });
    return outputs;
  }

  /// Activations are computed a second time: keeping them would cost memory in proportion to the batch.
  std::shared_ptr<cpu::ConvNetwork::Gradients> gradients(const torch::Tensor& of_outputs) {
    std::vector<std::shared_ptr<cpu::ConvNetwork::Gradients>> groups(
        static_cast<std::size_t>((x_.size(0) + kGroupImages - 1) / kGroupImages));
    for_each_tile(torch::kCPU, x_.size(0), kGroupImages, [&](const Tile& group) {
      auto& sums = groups[static_cast<std::size_t>(group.index)];
      sums = network_.gradients();
      std::vector<float> unused(static_cast<std::size_t>(kLaneImages * network_.outputs()));
      for (std::int64_t begin = group.begin; begin < group.begin + group.size; begin += kLaneImages) {
        const std::int64_t size = std::min(kLaneImages, group.begin + group.size - begin);
        network_.forward(workspace(), images(begin), size, unused.data());
        network_.add_gradients(workspace(), row(of_outputs, begin), size, *sums);
      }
    });
    for (std::size_t g = 1; g < groups.size(); ++g) network_.merge(*groups[0], *groups[g]);
    return groups[0];
  }

 private:
  cpu::ConvNetwork::Workspace& workspace() {
    auto& own = workspaces_[static_cast<std::size_t>(omp_get_thread_num())];
    if (!own) own = network_.workspace(kLaneImages);
    return *own;
  }
  const float* images(std::int64_t begin) const { return row(x_, begin); }
  static float* row(const torch::Tensor& tensor, std::int64_t begin) {
    return tensor.data_ptr<float>() + begin * (tensor.numel() / tensor.size(0));
  }

  const cpu::ConvNetwork& network_;
  const torch::Tensor& x_;
  std::vector<std::shared_ptr<cpu::ConvNetwork::Workspace>> workspaces_;
};

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

std::optional<torch::Tensor> add_plan_gradient(
    EnergyModel& model, const torch::Tensor& x,
    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) {
  if (!x.is_cpu() || x.scalar_type() != torch::kFloat || x.size(0) == 0) return std::nullopt;
  const std::optional<EnergyPlan> plan = model.plan();
  if (!plan) return std::nullopt;
  const auto network = pack_network(plan->layers, model.image_shape(), Precision::float32, cpu::chosen_conv_kernels());
  if (!network) return std::nullopt;
  const torch::Tensor images = x.detach().contiguous(at::MemoryFormat::ChannelsLast);
  Passes passes(*network, images);

  const HeadGradient head =
      add_head_gradient(*plan->head, passes.outputs(), head_parameters(model, plan->layers), loss);
  const torch::NoGradGuard no_graph;
  const auto sums = passes.gradients(head.of_outputs);
  for (std::size_t l = 0; l < plan->layers.size(); ++l) {
    const FeedForwardLayer& layer = plan->layers[l];
    const torch::Tensor weight = at::zeros(layer.weight.sizes(), at::kFloat);
    const torch::Tensor bias = at::zeros(layer.bias.sizes(), at::kFloat);
    network->unpack(*sums, l, weight.data_ptr<float>(), bias.data_ptr<float>());
    add_to_gradient(layer.weight, weight);
    add_to_gradient(layer.bias, bias);
  }
  return head.loss;
}

}  // namespace cebm
