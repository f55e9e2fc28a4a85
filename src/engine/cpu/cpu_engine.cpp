#include <c10/core/GradMode.h>
#include <c10/util/StringUtil.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/rows.h"
#include "engine/counter.h"
#include "engine/cpu/conv_layers.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/head_loops.h"
#include "engine/cpu/lanes.h"
#include "engine/cpu/weight_gradient.h"
#include "engine/engines.h"
#include "engine/weight_snapshot.h"
#include "kernels/arithmetic.h"
#include "kernels/cpu/instruction_sets.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

/// Langevin steps that a thread makes with a tile before another thread may continue with it.
constexpr std::int64_t kStageSteps = 4;

/// min(1, bound / |g|) for each row.
void norm_clip(const float* gradient, kernels::Rows rows, double bound, float* scale) {
  for (std::int64_t b = 0; b < rows.count; ++b, gradient += rows.length) {
    double squares = 0.0;
    for (std::int64_t i = 0; i < rows.length; ++i) squares += static_cast<double>(gradient[i]) * gradient[i];
    scale[b] = kernels::clip_factor(squares, bound);
  }
}

class CpuEngine final : public Engine {
 public:
  CpuEngine(EnergyModel& model, Precision precision)
      : model_(model), precision_(precision), pixels_(model.image_shape().numel()), weights_(model) {}

  /// Packs the weights that the model has now. False where there are no kernels for the model.
  bool load() {
    const torch::NoGradGuard no_graph;
    std::optional<EnergyPlan> plan = model_.plan();
    if (!plan) return false;
    const auto layers = conv_layers(plan->layers, model_.image_shape());
    if (!layers) return false;
    plan_ = std::move(*plan);
    head_ = head_loops(plan_.head);
    put(lanes_, *layers, precision_);
    float32_is_stale_ = true;
    return true;
  }

  std::string name() const override {
    return std::string("kernels of our own, ") + cpu::chosen_conv_kernels().name + ", " + name_of(precision_) +
           (head_->through_tensors() ? "; the head through LibTorch's operations" : "");
  }

  torch::Tensor outputs(const torch::Tensor& x) override {
    begin(x.size(0));
    return forward(*lanes_, dense(x), cpu::Summation::by_parts);
  }

  torch::Tensor energies(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    return energies_of(outputs(x));
  }

  torch::Tensor gradient(const torch::Tensor& x) override {
    begin(x.size(0));
    const torch::Tensor images = dense(x);
    const torch::Tensor result = at::empty_like(images);
    gradient_by_lanes(images, result, nullptr);
    return result;
  }

  EnergyGradient energies_and_gradient(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    begin(x.size(0));
    const torch::Tensor images = dense(x);
    const torch::Tensor result = at::empty_like(images);
    const torch::Tensor o = at::empty({x.size(0), lanes_->network().outputs()}, at::kFloat);
    gradient_by_lanes(images, result, o.data_ptr<float>());
    return {energies_of(o), result};
  }

  void langevin(const Chains& chains, const LangevinSteps& steps) override {
    begin(chains.x.size(0));
    rows_of(chains.x, chains.ids, "engine");  // throws unless the chains have the layout that the loops expect
    const std::int64_t count = std::ssize(steps.sizes);
    lanes_->for_each(chains.x.size(0), (count + kStageSteps - 1) / kStageSteps,
                     [&](Lane& lane, const Tile& tile, std::int64_t stage) {
                       const std::int64_t first = stage * kStageSteps;
                       move(lane, chains, tile, steps, first, std::min(first + kStageSteps, count));
                     });
  }

  torch::Tensor add_weight_gradient(const torch::Tensor& x,
                                    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) override {
    begin(x.size(0));
    if (x.size(0) == 0) throw std::invalid_argument("engine: expected images to train on, found none");
    return cebm::add_weight_gradient(model_, plan_, float32_lanes(), dense(x), loss, parts_);
  }

  void add_network_gradient(const torch::Tensor& x,
                            const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient) override {
    begin(x.size(0));
    if (x.size(0) == 0) throw std::invalid_argument("engine: expected images to train on, found none");
    cebm::add_network_gradient(plan_.layers, float32_lanes(), dense(x), gradient, parts_);
  }

 private:
  /// Energies at the network's outputs o, [B, F].
  torch::Tensor energies_of(const torch::Tensor& o) const {
    if (plan_.images != 0) return plan_.head->energy(o, 0);  // one condition per row: a tile cannot be padded
    return map_rows(o, [&](const torch::Tensor& rows, std::int64_t first) { return plan_.head->energy(rows, first); });
  }

  /// Prepares a call for `count` images: reloads changed weights, and throws if the count does not fit the conditions.
  void begin(std::int64_t count) {
    is_stale_ = weights_.changed() || is_stale_;
    if (is_stale_ && !load()) throw std::logic_error("engine: the model has become one that it cannot serve");
    is_stale_ = false;
    if (plan_.images == 0 || plan_.images == count) return;
    throw std::invalid_argument(
        c10::str("engine: expected ", plan_.images, " images, one for each condition, found ", count));
  }

  static torch::Tensor dense(const torch::Tensor& x) {
    return x.detach().to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  }

  void put(std::unique_ptr<Lanes>& lanes, const ConvLayers& layers, Precision precision) const {
    if (lanes && lanes->load(layers, head_->scratch_size())) return;
    lanes = std::make_unique<Lanes>(layers, model_.image_shape(), precision, head_->scratch_size());
  }

  /// The lanes for weight gradients, always in float32.
  Lanes& float32_lanes() {
    if (precision_ == Precision::float32) return *lanes_;
    if (float32_is_stale_) {
      put(float32_, conv_layers(plan_.layers, model_.image_shape()).value(), Precision::float32);
    }
    float32_is_stale_ = false;
    return *float32_;
  }

  /// dE/dx of all images, and the network's outputs unless `outputs` is null.
  void gradient_by_lanes(const torch::Tensor& images, const torch::Tensor& result, float* outputs) {
    lanes_->for_each(images.size(0), [&](Lane& lane, const Tile& tile) {
      const std::int64_t at = tile.begin * pixels_;
      gradient_of(lane, tile, images.const_data_ptr<float>() + at, cpu::Summation::by_parts,
                  result.data_ptr<float>() + at);
      if (outputs == nullptr) return;
      const std::int64_t features = lanes_->network().outputs();
      std::copy_n(lane.outputs.data(), tile.size * features, outputs + tile.begin * features);
    });
  }

  void gradient_of(Lane& lane, const Tile& tile, const float* x, cpu::Summation summation, float* result) const {
    const cpu::ConvNetwork& network = lanes_->network();
    const cpu::ImageRange images{0, tile.size};
    network.forward(*lane.activations, *lane.scratch, images, x, lane.outputs.data(), summation);
    head_->gradient(lane.outputs.data(), tile.begin, tile.size, network.outputs(), lane.gradient.data(),
                    lane.head_scratch.data());
    network.backward(*lane.activations, *lane.scratch, images, lane.gradient.data(), result);
  }

  void move(Lane& lane, const Chains& chains, const Tile& tile, const LangevinSteps& steps, std::int64_t begin,
            std::int64_t end) const {
    float* const x = chains.x.data_ptr<float>() + tile.begin * pixels_;
    const std::int64_t* const ids = chains.ids.const_data_ptr<std::int64_t>() + tile.begin;
    const float* const noise = steps.noise_factors == nullptr ? nullptr : steps.noise_factors + tile.begin;
    float* const gradient = lane.image_gradient.data();
    const kernels::Rows rows{tile.size, pixels_};
    for (auto t = static_cast<std::size_t>(begin); t < static_cast<std::size_t>(end); ++t) {
      gradient_of(lane, tile, x, cpu::Summation::plain, gradient);
      const float* scale = nullptr;
      if (std::isfinite(steps.norm_bound)) {
        norm_clip(gradient, rows, steps.norm_bound, lane.scale.data());
        scale = lane.scale.data();
      }
      cpu::langevin_update(x, gradient, {scale, noise}, rows, counter_of(steps, t, ids), steps.sizes[t]);
    }
  }

  EnergyModel& model_;
  Precision precision_;
  std::int64_t pixels_;
  WeightSnapshot weights_;
  EnergyPlan plan_;
  std::unique_ptr<HeadLoops> head_;
  std::unique_ptr<Lanes> lanes_;    ///< in the engine's precision
  std::unique_ptr<Lanes> float32_;  ///< for weight gradients, if the engine's precision differs
  bool is_stale_ = false;           ///< stays true once the model can no longer be served
  bool float32_is_stale_ = true;
};

}  // namespace

std::unique_ptr<Engine> make_cpu_engine(EnergyModel& model, torch::Device device, Precision precision) {
  if (!device.is_cpu() || precision == Precision::tf32) return nullptr;
  auto engine = std::make_unique<CpuEngine>(model, precision);
  return engine->load() ? std::move(engine) : nullptr;
}

}  // namespace cebm
