#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <cebm/sampler.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/rows.h"

namespace cebm {

namespace {

class Sgld final : public Sampler {
 public:
  explicit Sgld(const SgldOptions& options) : options_(options) {}

  std::int64_t default_steps() const override { return options_.steps; }

  Precision precision() const override { return options_.precision; }

  StepValues advance(Engine& engine, Chains& chains, std::int64_t steps, std::uint64_t seed, std::uint64_t first_step,
                     const Observer& observer) const override {
    if (steps < 0) throw std::invalid_argument("sgld: expected steps >= 0, found " + std::to_string(steps));
    const at::NoGradGuard no_grad;
    const c10::OptionalDeviceGuard device(chains.x.device());
    rows_of(chains.x, chains.ids, "sgld");  // refuses chains that do not fit
    std::vector<LangevinStep> sizes;
    for (std::int64_t t = 0; t < steps; ++t) sizes.push_back(step_sizes(t, steps));
    LangevinSteps part{.sizes = sizes, .norm_bound = norm_bound(), .seed = seed, .first_step = first_step};
    if (!observer) {
      engine.langevin(chains, part);
      return {};
    }
    for (std::size_t t = 0; t < sizes.size(); ++t, ++part.first_step) {
      part.sizes = std::span(sizes).subspan(t, 1);
      engine.langevin(chains, part);
      observer(static_cast<std::int64_t>(t) + 1, chains);
    }
    return {};
  }

 private:
  double norm_bound() const {
    return options_.gradient_clip == GradientClip::norm ? options_.gradient_clip_at
                                                        : std::numeric_limits<double>::infinity();
  }

  LangevinStep step_sizes(std::int64_t t, std::int64_t steps) const {
    const double alpha = options_.alpha * options_.step_schedule.factor(t, steps);
    const double noise = options_.noise == NoiseScale::sqrt_alpha ? std::sqrt(alpha) : options_.noise_std;
    const bool clips_values = options_.gradient_clip == GradientClip::value;
    return {
        .half_step = static_cast<float>(0.5 * alpha),
        .noise = static_cast<float>(noise * options_.noise_schedule.factor(t, steps)),
        .clip = clips_values ? static_cast<float>(options_.gradient_clip_at) : std::numeric_limits<float>::infinity(),
        .boundary = options_.boundary};
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
  static constexpr std::pair<const char*, Precision> precisions[] = {
      {"float32", Precision::float32}, {"bfloat16", Precision::bfloat16}, {"auto", Precision::automatic}};
  visit.integer("steps", steps, {1, 1000000}, "Langevin steps per gradient step");
  visit.real("alpha", alpha, {1e-12, 1e6}, "step size: x moves by -(alpha / 2) dE/dx");
  visit.enumeration<NoiseScale>("noise", noise, scales,
                                "standard deviation of the noise: sqrt_alpha (paper), or fixed at noise_std (authors' "
                                "code)");
  visit.when({noise == NoiseScale::fixed, "noise: fixed"}, [&] {
    visit.real("noise_std", noise_std, {0.0, 1e3}, "standard deviation of the noise");
  });
  visit.enumeration<Boundary>("boundary", boundary, boundaries,
                              "what happens to a pixel that leaves [-1, 1]: nothing, stops there, or is mirrored back");
  visit.enumeration<GradientClip>("gradient_clip", gradient_clip, clips,
                                  "limit on dE/dx: none, on each pixel's value, or on each image's L2 norm");
  visit.when({gradient_clip != GradientClip::none, "gradient_clip: value or norm"}, [&] {
    visit.real("gradient_clip_at", gradient_clip_at, {1e-12, 1e12}, "the limit");
  });
  visit.enumeration<Precision>(
      "precision", precision, precisions,
      "of the network between two steps; images, noise and update are float32 in any case. bfloat16 is refused where "
      "there are no kernels of our own for the model; auto: the faster one on this processor, measured when a run "
      "begins and written into its config.yaml");
  visit.section("step_schedule", step_schedule, "factor of alpha over the steps of one call");
  visit.section("noise_schedule", noise_schedule, "factor of the noise over the steps of one call");
}

std::shared_ptr<Sampler> make_sgld(const SgldOptions& options) { return std::make_shared<Sgld>(options); }

}  // namespace cebm
