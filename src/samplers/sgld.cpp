#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/sampler.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/option_text.h"
#include "core/rows.h"

namespace cebm {

namespace {

class Sgld final : public Sampler {
 public:
  explicit Sgld(const SgldOptions& options) : options_(options) {}

  std::int64_t default_steps() const override { return rounded_steps(now_.steps); }
  std::int64_t most_steps() const override { return rounded_steps(options_.steps_over_training.largest()); }

  Precision precision() const override { return options_.precision; }

  StepValues advance(Engine& engine, Chains& chains, std::int64_t steps, std::uint64_t seed, std::uint64_t first_step,
                     const Observer& observer) const override {
    if (steps < 0) throw std::invalid_argument("sgld: expected steps >= 0, found " + std::to_string(steps));
    const at::NoGradGuard no_grad;
    const c10::OptionalDeviceGuard device(chains.x.device());
    rows_of(chains.x, chains.ids, "sgld");  // throws if the chains do not fit
    std::vector<LangevinStep> sizes;
    for (std::int64_t t = 0; t < steps; ++t) sizes.push_back(step_sizes(t, steps));
    const torch::Tensor factors = noise_factors(chains);
    LangevinSteps part{.sizes = sizes,
                       .norm_bound = norm_bound(),
                       .noise_factors = factors.defined() ? factors.const_data_ptr<float>() : nullptr,
                       .seed = seed,
                       .first_step = first_step};
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

  void set_progress(std::uint64_t step, std::uint64_t steps) override {
    now_ = {.alpha = options_.alpha_over_training.factor(step, steps),
            .noise = options_.noise_over_training.factor(step, steps),
            .steps = options_.steps_over_training.factor(step, steps)};
  }

 private:
  /// Factors at the present gradient step.
  struct Annealed {
    double alpha = 1.0;
    double noise = 1.0;
    double steps = 1.0;
  };

  std::int64_t rounded_steps(double factor) const {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(options_.steps) * factor));
  }

  /// Noise factor of each chain by the number of calls it has been through, [B]; undefined if all are 1.
  torch::Tensor noise_factors(const Chains& chains) const {
    if (options_.young_calls == 0 || !chains.calls.defined()) return {};
    const torch::Tensor youth =
        (1.0 - chains.calls.to(torch::kFloat32) / static_cast<double>(options_.young_calls)).clamp_min_(0.0);
    return youth.mul_(options_.young_noise - 1.0).add_(1.0).contiguous();
  }

  double norm_bound() const {
    return options_.gradient_clip == GradientClip::norm ? options_.gradient_clip_at
                                                        : std::numeric_limits<double>::infinity();
  }

  LangevinStep step_sizes(std::int64_t t, std::int64_t steps) const {
    const double alpha = options_.alpha * now_.alpha * options_.step_schedule.factor(t, steps);
    const double noise =
        options_.noise == NoiseScale::sqrt_alpha ? std::sqrt(options_.temperature * alpha) : options_.noise_std;
    const bool clips_values = options_.gradient_clip == GradientClip::value;
    return {
        .half_step = static_cast<float>(0.5 * alpha),
        .noise = static_cast<float>(noise * now_.noise * options_.noise_schedule.factor(t, steps)),
        .clip = clips_values ? static_cast<float>(options_.gradient_clip_at) : std::numeric_limits<float>::infinity(),
        .boundary = options_.boundary};
  }

  SgldOptions options_;
  Annealed now_;
};

}  // namespace

void SgldOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, NoiseScale> scales[] = {{"sqrt_alpha", NoiseScale::sqrt_alpha},
                                                                  {"fixed", NoiseScale::fixed}};
  static constexpr std::pair<const char*, Boundary> boundaries[] = {{"none", Boundary::none},
                                                                    {"clamp", Boundary::clamp},
                                                                    {"reflect", Boundary::reflect},
                                                                    {"reject", Boundary::reject}};
  static constexpr std::pair<const char*, GradientClip> clips[] = {
      {"none", GradientClip::none}, {"value", GradientClip::value}, {"norm", GradientClip::norm}};
  static constexpr std::pair<const char*, Precision> precisions[] = {
      {name_of(Precision::float32), Precision::float32},
      {name_of(Precision::bfloat16), Precision::bfloat16},
      {name_of(Precision::tf32), Precision::tf32},
      {name_of(Precision::automatic), Precision::automatic}};
  visit.integer("steps", steps, {1, 1000000}, "Langevin steps per gradient step");
  visit.real("alpha", alpha, {1e-12, 1e6}, "step size: x moves by -(alpha / 2) dE/dx");
  visit.enumeration<NoiseScale>("noise", noise, scales,
                                "standard deviation of the noise: sqrt_alpha (paper), or fixed at noise_std (authors' "
                                "code)");
  visit.when({noise == NoiseScale::fixed, "noise: fixed"}, [&] {
    visit.real("noise_std", noise_std, {0.0, 1e3}, "standard deviation of the noise");
  });
  visit.when({noise == NoiseScale::sqrt_alpha, "noise: sqrt_alpha"}, [&] {
    visit.real("temperature", temperature, {0.0, 1e12},
               "chains sample exp{-E(x) / temperature}: the noise is sqrt(temperature alpha)");
  });
  visit.enumeration<Boundary>("boundary", boundary, boundaries,
                              "what happens to a pixel that leaves [-1, 1]: nothing, stops there, or is mirrored back; "
                              "reject: its whole image stays as it was before the step");
  visit.enumeration<GradientClip>("gradient_clip", gradient_clip, clips,
                                  "limit on dE/dx: none, on each pixel's value, or on each image's L2 norm");
  visit.when({gradient_clip != GradientClip::none, "gradient_clip: value or norm"}, [&] {
    visit.real("gradient_clip_at", gradient_clip_at, {1e-12, 1e12}, "the limit");
  });
  visit.enumeration<Precision>(
      "precision", precision, precisions,
      "of the network between two steps; images, noise and update are float32 in any case. bfloat16 is refused where "
      "there are no kernels of our own for the model, and so is tf32 (float32 with factors rounded to 11 bits), which "
      "only a GPU has; auto: the faster of float32 and bfloat16 on this processor, measured when a run "
      "begins and written into its config.yaml");
  visit.section("step_schedule", step_schedule, "factor of alpha over the steps of one call");
  visit.section("noise_schedule", noise_schedule, "factor of the noise over the steps of one call");
  visit.integer("young_calls", young_calls, {0, 1000000},
                "calls after its start in which a chain of the buffer gets another noise, 0: none");
  visit.when({young_calls > 0, "young_calls: 1 or more"}, [&] {
    visit.real("young_noise", young_noise, {0.0, 1e3},
               "factor of the noise in a chain's first call, from where it goes to 1 in equal steps");
  });
  visit.section("alpha_over_training", alpha_over_training, "factor of alpha over the training");
  visit.section("noise_over_training", noise_over_training, "factor of the noise over the training");
  visit.section("steps_over_training", steps_over_training,
                "factor of the number of steps over the training; rounded, at least one step is left");
}

bool SgldOptions::moves(std::uint64_t step, std::uint64_t total) const {
  return alpha_over_training.factor(step, total) > 0.0;
}

double SgldOptions::stationary_temperature(std::uint64_t step, std::uint64_t total) const {
  const double factor = noise_over_training.factor(step, total);
  const double size = alpha * alpha_over_training.factor(step, total);
  if (size <= 0.0) return 0.0;
  if (noise == NoiseScale::sqrt_alpha) return temperature * factor * factor;
  return noise_std * factor * noise_std * factor / size;
}

std::shared_ptr<Sampler> make_sgld(const SgldOptions& options) {
  constexpr double kMostSteps = 1e6;  // as of `steps` itself
  const double most = static_cast<double>(options.steps) * options.steps_over_training.largest();
  if (!(most <= kMostSteps)) {
    throw ConfigError("sampler.steps_over_training: expected at most 1000000 steps, found " + number_text(most));
  }
  return std::make_shared<Sgld>(options);
}

}  // namespace cebm
