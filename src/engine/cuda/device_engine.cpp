#include "engine/cuda/device_engine.h"

#include <c10/core/GradMode.h>
#include <cebm/random.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "engine/cuda/addresses.h"
#include "engine/cuda/chain_memory.h"
#include "engine/cuda/device_head.h"
#include "engine/cuda/device_network.h"
#include "engine/cuda/recorded_gradient.h"
#include "engine/engines.h"

namespace cebm {

namespace {

/// Everything that a recording of Langevin steps fixes. Not the seed, first step and sizes, which the device reads at
/// each replay.
struct StepsKey {
  std::vector<const void*> memory;  ///< chains and the model's tensors
  std::int64_t chains = 0;
  std::vector<Boundary> boundaries;
  double norm_bound = 0.0;
  bool has_noise_factors = false;

  bool operator==(const StepsKey&) const = default;
};

class DeviceEngine final : public Engine {
 public:
  DeviceEngine(EnergyModel& model, torch::Device device, Precision precision, DeviceBackEnd back_end)
      : model_(model),
        precision_(precision),
        back_end_(std::move(back_end)),
        head_(back_end_),
        series_(torch::zeros({sizeof(kernels::StepSeries)}, torch::dtype(torch::kByte).device(device))),
        work_(back_end_.work),
        energy_gradient_(back_end_.work, model, [&model](const auto& inputs) { return model.energy(inputs[0]); }),
        others_(make_tensor_engine(model)) {
    auto* const encoded = dynamic_cast<EncodedModel*>(&model);
    if (encoded == nullptr) return;
    Encoder& encoder = encoded->encoder();
    network_gradient_.emplace(back_end_.work, encoder,
                              [&encoder](const auto& inputs) { return encoder.forward(inputs[0]); });
  }

  /// Takes the model's present weights. False where it cannot serve the model.
  bool load() {
    const torch::NoGradGuard no_graph;
    std::optional<EnergyPlan> plan = model_.plan();
    if (!plan || plan->layers.empty()) return false;
    if (!network_) {
      network_ =
          DeviceNetwork::make(plan->layers, model_.image_shape(), series_.device().type(), precision_, back_end_);
      if (!network_) return false;
    } else if (!network_->load(plan->layers)) {
      return false;
    }
    head_.load(plan->head);
    images_ = plan->images;
    model_memory_ = addresses_of(model_);
    return true;
  }

  std::string name() const override {
    return "SGLD steps: LibTorch's convolutions and kernels of our own, " + launches() + ", " + name_of(precision_) +
           (head_.in_one_launch() ? "" : "; the head through LibTorch's operations") + "; all else: " + others_->name();
  }

  std::int64_t replays() const override {
    return work_.replays() + energy_gradient_.replays() + (network_gradient_ ? network_gradient_->replays() : 0);
  }

  torch::Tensor outputs(const torch::Tensor& x) override { return others_->outputs(x); }
  torch::Tensor energies(const torch::Tensor& x) override { return others_->energies(x); }
  torch::Tensor gradient(const torch::Tensor& x) override { return others_->gradient(x); }
  EnergyGradient energies_and_gradient(const torch::Tensor& x) override { return others_->energies_and_gradient(x); }
  torch::Tensor add_weight_gradient(const torch::Tensor& x,
                                    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) override {
    if (model_.rows(0, x.size(0))) return others_->add_weight_gradient(x, loss);  // one condition per image
    return energy_gradient_.add_loss({x}, loss, parts_);
  }

  void add_network_gradient(const torch::Tensor& x,
                            const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient) override {
    if (!network_gradient_) return others_->add_network_gradient(x, gradient);
    network_gradient_->add({x}, gradient, parts_);
  }

  void collect_in(GradientParts* parts) override {
    parts_ = parts;
    others_->collect_in(parts);
  }

  void langevin(const Chains& chains, const LangevinSteps& steps) override {
    // Always reloads: checking whether weights have changed would wait for the device.
    if (!load()) throw std::logic_error("engine: the model has become one that it cannot serve");
    const std::int64_t count = chains.x.size(0);
    if (images_ != 0 && images_ != count) {
      throw std::invalid_argument("engine: expected " + std::to_string(images_) +
                                  " images, one for each condition, found " + std::to_string(count));
    }
    if (count == 0) return;
    const torch::NoGradGuard no_graph;
    chains_.take(chains, steps.noise_factors);
    StepsKey key{.memory = model_memory_,
                 .chains = count,
                 .boundaries = {},
                 .norm_bound = steps.norm_bound,
                 .has_noise_factors = steps.noise_factors != nullptr};
    for (const void* address : chains_.addresses()) key.memory.push_back(address);
    constexpr auto kPart = static_cast<std::size_t>(kernels::max_series_steps);
    for (std::size_t t = 0; t < steps.sizes.size(); t += kPart) {
      const auto part = steps.sizes.subspan(t, std::min(kPart, steps.sizes.size() - t));
      key.boundaries.clear();
      for (const LangevinStep& size : part) key.boundaries.push_back(size.boundary);
      back_end_.kernels.set_series(series(), series_of(part, steps.seed, steps.first_step + t), back_end_.stream());
      work_.run(key, [this, key] { move(key); });
    }
    chains.x.copy_(chains_.x());
  }

 private:
  static kernels::StepSeries series_of(std::span<const LangevinStep> part, std::uint64_t seed,
                                       std::uint64_t first_step) {
    kernels::StepSeries series{.seed = seed, .first_step = first_step};
    std::transform(part.begin(), part.end(), series.sizes, [](const LangevinStep& size) {
      return kernels::StepNumbers{size.half_step, size.noise, size.clip};
    });
    return series;
  }

  kernels::StepSeries* series() const { return static_cast<kernels::StepSeries*>(series_.data_ptr()); }

  std::string launches() const {
    if (!work_.failure().empty()) return "without a CUDA graph (" + work_.failure() + ")";
    return work_.replays() > 0 ? "steps replayed from a CUDA graph" : "steps launched one by one until a call repeats";
  }

  /// Makes the steps that the key describes, with the numbers of the series.
  void move(const StepsKey& key) {
    for (std::size_t t = 0; t < key.boundaries.size(); ++t) {
      const torch::Tensor sums = network_->forward(chains_.x());
      const torch::Tensor gradient = head_.gradient(sums, network_->last_bias());
      const kernels::Counter counter{.stream = static_cast<std::uint32_t>(Stream::langevin),
                                     .step = t,
                                     .chains = chains_.ids().const_data_ptr<std::int64_t>()};
      const LangevinStep update{.boundary = key.boundaries[t]};
      const bool clips = std::isfinite(key.norm_bound);
      if (network_->moves_images() && !clips && update.boundary != Boundary::reject) {
        network_->backward_and_move(gradient, {.x = chains_.x().data_ptr<float>(),
                                               .noise_factors = noise_factors(key),
                                               .counter = counter,
                                               .update = update,
                                               .series = series()});
      } else {
        move_by(network_->backward(gradient), key, counter, update);
      }
    }
  }

  /// Makes a step apart from the backward pass: for a norm bound, Boundary::reject or a network that cannot move
  /// images.
  void move_by(const torch::Tensor& gradient, const StepsKey& key, const kernels::Counter& counter,
               const LangevinStep& update) {
    const torch::Tensor& x = chains_.x();
    const kernels::Rows rows{.count = x.size(0), .length = x.numel() / x.size(0)};
    const auto* const g = gradient.const_data_ptr<float>();
    kernels::RowFactors factors{.gradient = nullptr, .noise = noise_factors(key)};
    if (std::isfinite(key.norm_bound)) {
      auto* const scale = chains_.scale().data_ptr<float>();
      back_end_.kernels.norm_clip(g, rows, key.norm_bound, scale, back_end_.stream());
      factors.gradient = scale;
    }
    back_end_.kernels.langevin_update(x.data_ptr<float>(), g, factors, rows, counter, update, back_end_.stream(),
                                      series());
  }

  const float* noise_factors(const StepsKey& key) const {
    return key.has_noise_factors ? chains_.noise().const_data_ptr<float>() : nullptr;
  }

  EnergyModel& model_;
  Precision precision_;
  DeviceBackEnd back_end_;
  std::vector<const void*> model_memory_;
  std::int64_t images_ = 0;
  std::unique_ptr<DeviceNetwork> network_;
  DeviceHead head_;
  torch::Tensor series_;
  ChainMemory chains_;
  RecordedWork<StepsKey> work_;
  RecordedGradient energy_gradient_;
  std::optional<RecordedGradient> network_gradient_;  ///< of a model that has a network
  std::unique_ptr<Engine> others_;                    ///< for what is not recorded
};

}  // namespace

std::unique_ptr<Engine> make_device_engine(EnergyModel& model, torch::Device device, Precision precision,
                                           DeviceBackEnd back_end) {
  auto engine = std::make_unique<DeviceEngine>(model, device, precision, std::move(back_end));
  return engine->load() ? std::move(engine) : nullptr;
}

}  // namespace cebm
