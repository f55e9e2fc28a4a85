#include "models/plan_gradient.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <cebm/tiles.h>
#include <omp.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "encoders/cpu_network.h"
#include "kernels/cpu/instruction_sets.h"

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

}  // namespace

std::optional<torch::Tensor> add_plan_gradient(
    EnergyModel& model, const torch::Tensor& x,
    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) {
  if (!x.is_cpu() || x.scalar_type() != torch::kFloat || x.size(0) == 0) return std::nullopt;
  const std::optional<EnergyPlan> plan = model.plan();
  if (!plan) return std::nullopt;
  const auto network =
      pack_network(plan->layers, model.image_shape(), Precision::float32, *cpu::available_conv_kernels().front());
  if (!network) return std::nullopt;
  const torch::Tensor images = x.detach().contiguous(at::MemoryFormat::ChannelsLast);
  Passes passes(*network, images);

  std::vector<torch::Tensor> inputs{passes.outputs().requires_grad_(true)};
  for (const torch::Tensor& parameter : head_parameters(model, plan->layers)) inputs.push_back(parameter);
  torch::Tensor value;
  torch::autograd::variable_list of_head;
  {
    const torch::AutoGradMode record(true);
    value = loss(plan->head->energy(inputs[0], 0));
    of_head = torch::autograd::grad({value}, inputs, /*grad_outputs=*/{}, /*retain_graph=*/false,
                                    /*create_graph=*/false, /*allow_unused=*/true);
  }
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (of_head[i].defined()) add_to_gradient(inputs[i], of_head[i]);
  }
  const auto sums = passes.gradients(of_head[0].contiguous());
  for (std::size_t l = 0; l < plan->layers.size(); ++l) {
    const FeedForwardLayer& layer = plan->layers[l];
    const torch::Tensor weight = at::zeros(layer.weight.sizes(), at::kFloat);
    const torch::Tensor bias = at::zeros(layer.bias.sizes(), at::kFloat);
    network->unpack(*sums, l, weight.data_ptr<float>(), bias.data_ptr<float>());
    add_to_gradient(layer.weight, weight);
    add_to_gradient(layer.bias, bias);
  }
  return value.detach();
}

}  // namespace cebm
