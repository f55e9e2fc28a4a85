/// Markov-chain samplers of energy-based models. A sampler knows nothing of a model but what an Engine computes of it.
#pragma once

#include <cebm/chains.h>
#include <cebm/engine.h>
#include <cebm/langevin.h>
#include <cebm/metric.h>
#include <cebm/precision.h>
#include <cebm/registry.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

class Sampler {
 public:
  /// Called after each step with its 1-based number and the chains; used for traces and progress bars.
  using Observer = std::function<void(std::int64_t step, const Chains& chains)>;

  virtual ~Sampler() = default;
  /// Steps that one call of advance() makes unless told otherwise.
  virtual std::int64_t default_steps() const = 0;
  /// What the engine that moves its chains is to compute in.
  virtual Precision precision() const { return Precision::float32; }
  /// Moves the chains `steps` steps on, in place. The noise of step t is that of (seed, Stream::langevin, chain,
  /// first_step + t), so two calls of 10 steps equal one of 20 where no schedule is in use. Returns the values of this
  /// call's metrics, those that the sampler's options declare.
  virtual StepValues advance(Engine& engine, Chains& chains, std::int64_t steps, std::uint64_t seed,
                             std::uint64_t first_step, const Observer& observer = {}) const = 0;
  /// The same by an engine that is made for this call. Throws ConfigError as make_engine.
  StepValues advance(EnergyModel& model, Chains& chains, std::int64_t steps, std::uint64_t seed,
                     std::uint64_t first_step, const Observer& observer = {}) const;
};

/// What a sampler can be told; base of every sampler's options.
struct SamplerOptions : Options {
  /// What advance() reports; all of them of every gradient step.
  virtual std::vector<Metric> metrics() const { return {}; }
  /// Multiplies the step size, for rollbacks of the guard. False where there is none to be scaled.
  virtual bool scale_step_size(double factor) {
    (void)factor;
    return false;
  }
  /// The setting of Sampler::precision(), in whose place a new run puts what automatic was found to be; null where
  /// there is none.
  virtual Precision* precision_setting() { return nullptr; }
};

struct SamplerEntry : Entry<Sampler> {
  using OptionsBase = SamplerOptions;
};

/// How a quantity changes over the T steps of one call.
///   constant:   f_t = 1
///   linear:     f_t = 1 + (final - 1) t / (T - 1)
///   polynomial: f_t = (1 + t / offset)^(-power), Welling and Teh (2011), a (b + t)^(-gamma) scaled to f_0 = 1
enum class ScheduleKind { constant, linear, polynomial };

struct ScheduleOptions final : Options {
  ScheduleKind kind = ScheduleKind::constant;
  double final = 0.1;
  double offset = 1.0;
  double power = 0.55;
  void fields(Fields& visit) override;
  /// The factor at step t = 0 .. steps-1.
  double factor(std::int64_t t, std::int64_t steps) const;
};

enum class NoiseScale { sqrt_alpha, fixed };
enum class GradientClip { none, value, norm };

/// Stochastic gradient Langevin dynamics (Welling and Teh 2011; paper, Section 2.1 and Algorithm 1):
///   x <- x - (alpha_t / 2) dE/dx + s_t eps,  eps ~ N(0, 1),
/// s_t = sqrt(alpha_t) in the paper, a constant of its own in the authors' code.
struct SgldOptions final : SamplerOptions {
  std::int64_t steps = 60;
  double alpha = 2.0;  ///< paper: 0.075, with noise sqrt_alpha, from which nothing is learned (configs/README.md)
  NoiseScale noise = NoiseScale::fixed;
  double noise_std = 0.0075;  ///< used when noise is fixed
  Boundary boundary = Boundary::none;
  GradientClip gradient_clip = GradientClip::none;  ///< value: every pixel's; norm: every image's L2 norm
  double gradient_clip_at = 1.0;
  Precision precision = Precision::float32;  ///< bfloat16: only where there are kernels of our own for the model
  ScheduleOptions step_schedule;             ///< multiplies alpha
  ScheduleOptions noise_schedule;            ///< multiplies s_t
  void fields(Fields& visit) override;
  bool scale_step_size(double factor) override {
    alpha *= factor;
    return true;
  }
  Precision* precision_setting() override { return &precision; }
};

std::shared_ptr<Sampler> make_sgld(const SgldOptions& options);

Registry<SamplerEntry> built_in_samplers();
template <>
const Registry<SamplerEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
