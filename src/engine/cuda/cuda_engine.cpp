#include <c10/core/GradMode.h>
#include <cebm/random.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/cuda/chain_memory.h"
#include "engine/cuda/device_network.h"
#include "engine/cuda/recorded_work.h"
#include "engine/engines.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/work_stream.h"

namespace cebm {

namespace {

namespace cuda = kernels::cuda;

/// Steps that are recorded at once: more than a training's, few enough that recording them takes milliseconds.
constexpr std::size_t kRecordedSteps = 100;

/// All that a recording of Langevin steps depends on. Seed and first step are not part of it: the device reads them.
struct StepsKey {
  std::vector<const void*> memory;  ///< chains and the model's tensors
  std::int64_t chains = 0;
  std::vector<LangevinStep> sizes;
  double norm_bound = 0.0;
  bool has_noise_factors = false;

  bool operator==(const StepsKey&) const = default;
};

std::vector<const void*> addresses(const EnergyModel& model) {
  std::vector<const void*> all;
  for (const torch::Tensor& parameter : model.parameters()) all.push_back(parameter.const_data_ptr());
  for (const torch::Tensor& buffer : model.buffers()) all.push_back(buffer.const_data_ptr());
  return all;
}

WorkDevice work_device(int device) {
  const auto stream = std::make_shared<cuda::WorkStream>(device);
  return {.run = [stream](const Work& work) { stream->run(work); },
          .record = [stream](const Work& work) { return stream->record(work); }};
}

class CudaEngine final : public Engine {
 public:
  CudaEngine(EnergyModel& model, EnergyPlan plan, std::unique_ptr<DeviceNetwork> network, torch::Device device,
             Precision precision)
      : model_(model),
        model_memory_(addresses(model)),
        plan_(std::move(plan)),
        network_(std::move(network)),
        device_(device),
        precision_(precision),
        base_(torch::zeros({2}, torch::dtype(torch::kInt64).device(device))),
        work_(work_device(device.index())),
        others_(make_tensor_engine(model)) {
    static_assert(sizeof(kernels::NoiseBase) == 2 * sizeof(std::int64_t));
  }

  std::string name() const override {
    return "LibTorch's convolutions and kernels of our own, " + launches() + ", " +
           (precision_ == Precision::bfloat16 ? "bfloat16" : "float32");
  }

  std::int64_t replays() const override { return work_.replays(); }

  torch::Tensor outputs(const torch::Tensor& x) override { return others_->outputs(x); }
  torch::Tensor energies(const torch::Tensor& x) override { return others_->energies(x); }
  torch::Tensor gradient(const torch::Tensor& x) override { return others_->gradient(x); }
  EnergyGradient energies_and_gradient(const torch::Tensor& x) override { return others_->energies_and_gradient(x); }
  torch::Tensor add_weight_gradient(const torch::Tensor& x,
                                    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) override {
    return others_->add_weight_gradient(x, loss);
  }

  void langevin(const Chains& chains, const LangevinSteps& steps) override {
    load();  // asking whether weights have changed would wait for the device
    const std::int64_t count = chains.x.size(0);
    if (plan_.images != 0 && plan_.images != count) {
      throw std::invalid_argument("engine: expected " + std::to_string(plan_.images) +
                                  " images, one for each condition, found " + std::to_string(count));
    }
    if (count == 0) return;
    const torch::NoGradGuard no_graph;
    chains_.take(chains, steps.noise_factors);
    StepsKey key{.memory = model_memory_,
                 .chains = count,
                 .sizes = {},
                 .norm_bound = steps.norm_bound,
                 .has_noise_factors = steps.noise_factors != nullptr};
    for (const void* address : chains_.addresses()) key.memory.push_back(address);
    for (std::size_t t = 0; t < steps.sizes.size(); t += kRecordedSteps) {
      const auto part = steps.sizes.subspan(t, std::min(kRecordedSteps, steps.sizes.size() - t));
      key.sizes.assign(part.begin(), part.end());
      cuda::set_noise_base(base(), {.seed = steps.seed, .step = steps.first_step + t}, stream());
      work_.run(key, [&] { move(part, steps.norm_bound, key.has_noise_factors); });
    }
    chains.x.copy_(chains_.x());
  }

 private:
  /// Takes the weights that the model has now.
  void load() {
    const torch::NoGradGuard no_graph;
    std::optional<EnergyPlan> plan = model_.plan();
    if (!plan || !network_->load(plan->layers)) {
      throw std::logic_error("engine: the model has become one that it cannot serve");
    }
    plan_ = std::move(*plan);
    model_memory_ = addresses(model_);
  }

  void* stream() const { return cuda::current_stream(device_.index()); }
  kernels::NoiseBase* base() const { return static_cast<kernels::NoiseBase*>(base_.data_ptr()); }

  std::string launches() const {
    if (!work_.failure().empty()) return "without a CUDA graph (" + work_.failure() + ")";
    return work_.replays() > 0 ? "steps replayed from a CUDA graph" : "steps launched one by one until a call repeats";
  }

  void move(std::span<const LangevinStep> sizes, double norm_bound, bool has_noise_factors) {
    const torch::Tensor& x = chains_.x();
    const kernels::Rows rows{.count = x.size(0), .length = x.numel() / x.size(0)};
    const bool clips = std::isfinite(norm_bound);
    auto* const scale = clips ? chains_.scale().data_ptr<float>() : nullptr;
    const kernels::RowFactors factors{.gradient = scale,
                                      .noise = has_noise_factors ? chains_.noise().const_data_ptr<float>() : nullptr};
    for (std::size_t t = 0; t < sizes.size(); ++t) {
      const torch::Tensor gradient = network_->backward(plan_.head->gradient(network_->forward(x), 0));
      const auto* const g = gradient.const_data_ptr<float>();
      if (clips) cuda::norm_clip(g, rows, norm_bound, scale, stream());
      const kernels::Counter counter{.stream = static_cast<std::uint32_t>(Stream::langevin),
                                     .step = t,
                                     .chains = chains_.ids().const_data_ptr<std::int64_t>()};
      cuda::langevin_update(x.data_ptr<float>(), g, factors, rows, counter, sizes[t], stream(), base());
    }
  }

  EnergyModel& model_;
  std::vector<const void*> model_memory_;
  EnergyPlan plan_;
  std::unique_ptr<DeviceNetwork> network_;
  torch::Device device_;
  Precision precision_;
  torch::Tensor base_;
  ChainMemory chains_;
  RecordedWork<StepsKey> work_;
  std::unique_ptr<Engine> others_;  ///< for all but the Langevin steps
};

}  // namespace

std::unique_ptr<Engine> make_cuda_engine(EnergyModel& model, torch::Device device, Precision precision) {
  if (!device.is_cuda()) return nullptr;
  std::optional<EnergyPlan> plan = model.plan();
  if (!plan) return nullptr;
  const torch::NoGradGuard no_graph;
  auto network = DeviceNetwork::make(plan->layers, model.image_shape(), torch::kCUDA, precision,
                                     {cuda::activate, cuda::pull_back});
  if (!network) return nullptr;
  const torch::Device where = plan->layers.front().weight.device();
  return std::make_unique<CudaEngine>(model, std::move(*plan), std::move(network), where, precision);
}

}  // namespace cebm
