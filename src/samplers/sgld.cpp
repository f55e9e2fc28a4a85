#include <ATen/ops/linalg_vector_norm.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <cebm/sampler.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include "core/rows.h"
#include "kernels/cuda/runtime.h"
#include "kernels/kernels.h"

namespace cebm {

namespace {

kernels::Edge edge_of(Boundary boundary) {
  switch (boundary) {
    case Boundary::clamp:
      return kernels::Edge::clamp;
    case Boundary::reflect:
      return kernels::Edge::reflect;
    case Boundary::none:
      break;
  }
  return kernels::Edge::none;
}

/// min(1, bound / |g|) for each row.
torch::Tensor norm_clip(const torch::Tensor& gradient, double bound) {
  const torch::Tensor norms = at::linalg_vector_norm(gradient, 2, torch::IntArrayRef{1, 2, 3});
  return norms.reciprocal_().mul_(bound).clamp_max_(1.0);
}

class Sgld final : public Sampler {
 public:
  explicit Sgld(const SgldOptions& options) : options_(options) {}

  std::int64_t default_steps() const override { return options_.steps; }

  void advance(EnergyModel& model, Chains& chains, std::int64_t steps, std::uint64_t seed, std::uint64_t first_step,
               const Observer& observer) const override {
    if (steps < 0) throw std::invalid_argument("sgld: expected steps >= 0, found " + std::to_string(steps));
    const at::NoGradGuard no_grad;
    const c10::OptionalDeviceGuard device(chains.x.device());
    rows_of(chains.x, chains.ids, "sgld");  // refuses chains that do not fit
    // Chains are independent: a tile goes all its steps at once unless somebody watches every step.
    const std::int64_t stride = observer ? 1 : std::max<std::int64_t>(steps, 1);
    for (std::int64_t t = 0; t < steps; t += stride) {
      for_each_tile(chains.x.device(), chains.x.size(0), [&](const Tile& tile) {
        const Chains part{chains.x.narrow(0, tile.begin, tile.size), chains.ids.narrow(0, tile.begin, tile.size)};
        const std::unique_ptr<EnergyModel> own = model.rows(tile.begin, tile.size);
        for (std::int64_t s = t; s < t + stride; ++s) step(own ? *own : model, part, s, steps, seed, first_step);
      });
      if (observer) observer(t + stride, chains);
    }
  }

 private:
  void step(EnergyModel& model, const Chains& chains, std::int64_t t, std::int64_t steps, std::uint64_t seed,
            std::uint64_t first_step) const {
    const kernels::Counter counter{.seed = seed,
                                   .stream = static_cast<std::uint32_t>(Stream::langevin),
                                   .step = first_step + static_cast<std::uint64_t>(t),
                                   .chains = chains.ids.const_data_ptr<std::int64_t>()};
    update(chains.x, gradient_at(model, chains.x), rows_of(chains.x, chains.ids, "sgld"), counter,
           step_sizes(t, steps));
  }

  static torch::Tensor gradient_at(EnergyModel& model, const torch::Tensor& x) {
    const torch::Tensor gradient = model.input_gradient(x);
    if (gradient.sizes() != x.sizes()) {
      std::ostringstream message;
      message << "sgld: expected an input gradient " << x.sizes() << ", found " << gradient.sizes();
      throw std::invalid_argument(message.str());
    }
    return gradient.to(x.options(), /*non_blocking=*/false, /*copy=*/false, torch::MemoryFormat::ChannelsLast);
  }

  kernels::Langevin step_sizes(std::int64_t t, std::int64_t steps) const {
    const double alpha = options_.alpha * options_.step_schedule.factor(t, steps);
    const double noise = options_.noise == NoiseScale::sqrt_alpha ? std::sqrt(alpha) : options_.noise_std;
    const bool clips_values = options_.gradient_clip == GradientClip::value;
    return {
        .half_step = static_cast<float>(0.5 * alpha),
        .noise = static_cast<float>(noise * options_.noise_schedule.factor(t, steps)),
        .clip = clips_values ? static_cast<float>(options_.gradient_clip_at) : std::numeric_limits<float>::infinity(),
        .edge = edge_of(options_.boundary)};
  }

  void update(const torch::Tensor& x, const torch::Tensor& gradient, kernels::Rows rows,
              const kernels::Counter& counter, const kernels::Langevin& sizes) const {
    torch::Tensor scale;
    if (options_.gradient_clip == GradientClip::norm) scale = norm_clip(gradient, options_.gradient_clip_at);
    const float* row_scale = scale.defined() ? scale.const_data_ptr<float>() : nullptr;
    if (x.is_cuda()) {
      kernels::cuda::langevin_update(x.data_ptr<float>(), gradient.const_data_ptr<float>(), row_scale, rows, counter,
                                     sizes, kernels::cuda::current_stream(x.device().index()));
    } else {
      kernels::cpu::langevin_update(x.data_ptr<float>(), gradient.const_data_ptr<float>(), row_scale, rows, counter,
                                    sizes);
    }
  }

  SgldOptions options_;
};

}  // namespace

void SgldOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, NoiseScale> scales[] = {{"sqrt_alpha", NoiseScale::sqrt_alpha},
                                                                  {"fixed", NoiseScale::fixed}};
  static constexpr std::pair<const char*, Boundary> boundaries[] = {
      {"none", Boundary::none}, {"clamp", Boundary::clamp}, {"reflect", Boundary::reflect}};
  static constexpr std::pair<const char*, GradientClip> clips[] = {
      {"none", GradientClip::none}, {"value", GradientClip::value}, {"norm", GradientClip::norm}};
  visit.integer("steps", steps, {1, 1000000}, "Langevin steps per gradient step");
  visit.real("alpha", alpha, {1e-12, 1e6}, "step size: x moves by -(alpha / 2) dE/dx");
  visit.enumeration<NoiseScale>("noise", noise, scales,
                                "standard deviation of the noise: sqrt_alpha (paper), or fixed at noise_std (authors' "
                                "code)");
  visit.real("noise_std", noise_std, {0.0, 1e3}, "used with noise: fixed");
  visit.enumeration<Boundary>("boundary", boundary, boundaries,
                              "what happens to a pixel that leaves [-1, 1]: nothing, stops there, or is mirrored back");
  visit.enumeration<GradientClip>("gradient_clip", gradient_clip, clips,
                                  "limit on dE/dx: none, on each pixel's value, or on each image's L2 norm");
  visit.real("gradient_clip_at", gradient_clip_at, {1e-12, 1e12}, "used with gradient_clip: value or norm");
  visit.section("step_schedule", step_schedule, "factor of alpha over the steps of one call");
  visit.section("noise_schedule", noise_schedule, "factor of the noise over the steps of one call");
}

std::shared_ptr<Sampler> make_sgld(const SgldOptions& options) { return std::make_shared<Sgld>(options); }

}  // namespace cebm
