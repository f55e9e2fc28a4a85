/// Markov-chain samplers of energy-based models. A sampler uses a model only through an Engine.
#pragma once

#include <cebm/annealing.h>
#include <cebm/chains.h>
#include <cebm/engine.h>
#include <cebm/langevin.h>
#include <cebm/metric.h>
#include <cebm/metropolis.h>
#include <cebm/precision.h>
#include <cebm/registry.h>
#include <cebm/state.h>

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
  /// Number of steps that callers pass to advance() by default.
  virtual std::int64_t default_steps() const = 0;
  /// The largest value of default_steps() during a training: calls whose first steps are this far apart use no random
  /// number twice.
  virtual std::int64_t most_steps() const { return default_steps(); }
  /// Precision of the engine that moves its chains.
  virtual Precision precision() const { return Precision::float32; }
  /// Moves the chains by `steps` steps, in place. The noise of step t is that of (seed, Stream::langevin, chain,
  /// first_step + t), so two calls of 10 steps equal one of 20 if no schedule is in use. Returns the metrics of this
  /// call that the sampler's options declare.
  virtual StepValues advance(Engine& engine, Chains& chains, std::int64_t steps, std::uint64_t seed,
                             std::uint64_t first_step, const Observer& observer = {}) const = 0;
  /// The same with an engine made for this call. Throws ConfigError as make_engine.
  StepValues advance(EnergyModel& model, Chains& chains, std::int64_t steps, std::uint64_t seed,
                     std::uint64_t first_step, const Observer& observer = {}) const;

  /// Sets the position of the next calls in a training, gradient step `step` (from 0) of `steps`, for schedules over
  /// the training. By default a sampler is at the beginning.
  virtual void set_progress(std::uint64_t step, std::uint64_t steps) {
    (void)step;
    (void)steps;
  }
  /// Adapts the sampler, between calls, to the metrics that a training's call of advance() returned.
  virtual void adapt(const StepValues& moved) { (void)moved; }
  /// Saves the adapted state.
  virtual void save(State& state) const { (void)state; }
  /// Throws CheckpointError if that is missing.
  virtual void load(const State& state) { (void)state; }
};

/// Settings of a sampler; base of every sampler's options.
struct SamplerOptions : Options {
  /// The metrics that advance() returns, all of kind Metric::When::step.
  virtual std::vector<Metric> metrics() const { return {}; }
  /// Multiplies the step size, for rollbacks of the guard. Returns false if there is no step size.
  virtual bool scale_step_size(double factor) {
    (void)factor;
    return false;
  }
  /// The setting behind Sampler::precision(), in which a new run replaces Precision::automatic by the measured choice;
  /// null if there is none.
  virtual Precision* precision_setting() { return nullptr; }
  /// T of the density exp{-E(x) / T} that its chains would have in the limit of small steps, at gradient step `step`
  /// (from 0) of a training of `total`; 0 where they have none, without noise or without steps.
  virtual double stationary_temperature(std::uint64_t step, std::uint64_t total) const {
    (void)step;
    (void)total;
    return 1.0;
  }
  /// Whether its chains move at gradient step `step` of `total`: false where a schedule has brought the step size to 0.
  virtual bool moves(std::uint64_t step, std::uint64_t total) const {
    (void)step;
    (void)total;
    return true;
  }
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
/// s_t = sqrt(alpha_t) in the paper, sqrt(temperature alpha_t) for the density exp{-E(x) / temperature}, an independent
/// constant in the authors' code. For a chain that c calls have moved since its start, s_t is multiplied by
///   1 + (young_noise - 1) (1 - c / young_calls)  for c < young_calls  (Kim and Ye 2022, EBCLR: MSGLD).
/// Its stationary temperature is that of alpha and s after their factors over the training, before those of one call:
/// s^2 / alpha where s is fixed, otherwise temperature f^2 with the noise's factor f; 0 where alpha is 0.
struct SgldOptions final : SamplerOptions {
  std::int64_t steps = 60;
  double alpha = 2.0;  ///< paper: 0.075, with noise sqrt_alpha, from which nothing is learned (configs/README.md)
  NoiseScale noise = NoiseScale::fixed;
  double noise_std = 0.0075;  ///< used when noise is fixed
  double temperature = 1.0;   ///< used when noise is sqrt_alpha
  Boundary boundary = Boundary::none;
  GradientClip gradient_clip = GradientClip::none;  ///< value: every pixel's; norm: every image's L2 norm
  double gradient_clip_at = 1.0;
  Precision precision = Precision::float32;  ///< bfloat16: only where there are kernels of our own for the model
  ScheduleOptions step_schedule;             ///< multiplies alpha
  ScheduleOptions noise_schedule;            ///< multiplies s_t
  std::int64_t young_calls = 0;              ///< 0: all chains get the same noise
  double young_noise = 5.0;                  ///< factor of the noise in a chain's first call
  AnnealingOptions alpha_over_training;      ///< multiplies alpha
  AnnealingOptions noise_over_training;      ///< multiplies s_t
  AnnealingOptions steps_over_training;      ///< multiplies the number of steps, rounded, at least 1
  void fields(Fields& visit) override;
  bool scale_step_size(double factor) override {
    alpha *= factor;
    return true;
  }
  Precision* precision_setting() override { return &precision; }
  double stationary_temperature(std::uint64_t step, std::uint64_t total) const override;
  bool moves(std::uint64_t step, std::uint64_t total) const override;
};

std::shared_ptr<Sampler> make_sgld(const SgldOptions& options);

/// Adaptation of a step size towards a target acceptance rate (Robbins and Monro 1951; Andrieu and Thoms 2008): after
/// each call of a training, with a the mean acceptance probability of its proposals,
///   log f <- log f + gain (n + 1)^(-decay) (a - target),  n = 0, 1, ...,  f within [1 / range, range],
/// f being the factor of the configured size. The size is constant within a call, so a call's transitions are exact.
struct AdaptationOptions final : Options {
  explicit AdaptationOptions(double best) : target(best) {}
  bool enabled = true;
  double target;
  double gain = 0.1;
  double decay = 0.0;  ///< 0: keeps following a changing energy; above 1/2: converges
  double range = 1000.0;
  void fields(Fields& visit) override;
};

/// The adapted factor of a step size.
class AdaptedFactor {
 public:
  explicit AdaptedFactor(const AdaptationOptions& options) : options_(options) {}
  double value() const;
  void update(double acceptance);
  void save(State& state) const;
  /// Throws CheckpointError if the saved factor is missing or malformed.
  void load(const State& state);

 private:
  AdaptationOptions options_;
  double log_factor_ = 0.0;
  std::uint64_t updates_ = 0;
};

/// Metropolis-adjusted Langevin algorithm and Hamiltonian Monte Carlo (metropolis.h) for the density
/// exp{-E(x) / temperature}, on all images or on [-1, 1]^D. One step is one transition. The step size is the
/// configured one times an adapted factor; the target acceptance is that of the best step size in high dimension
/// (MALA 0.574: Roberts and Rosenthal 1998; HMC 0.651: Beskos et al. 2013).
struct MetropolisOptions : SamplerOptions {
  explicit MetropolisOptions(double best) : adaptation(best) {}
  double temperature = 1.0;
  Walls boundary = Walls::none;
  AdaptationOptions adaptation;
  std::vector<Metric> metrics() const override;
  double stationary_temperature(std::uint64_t, std::uint64_t) const override { return temperature; }

 protected:
  void common_fields(Fields& visit);
};

struct MalaOptions final : MetropolisOptions {
  MalaOptions() : MetropolisOptions(0.574) {}
  std::int64_t steps = 60;
  double alpha = 0.01;  ///< x moves by -(alpha / 2) dE/dx / temperature + sqrt(alpha) eps
  void fields(Fields& visit) override;
  bool scale_step_size(double factor) override {
    alpha *= factor;
    return true;
  }
};

struct HmcOptions final : MetropolisOptions {
  HmcOptions() : MetropolisOptions(0.651) {}
  std::int64_t steps = 6;
  std::int64_t leapfrogs = 10;
  double step_size = 0.1;  ///< of a leapfrog step
  void fields(Fields& visit) override;
  bool scale_step_size(double factor) override {
    step_size *= factor;
    return true;
  }
};

std::shared_ptr<Sampler> make_mala(const MalaOptions& options);
std::shared_ptr<Sampler> make_hmc(const HmcOptions& options);

Registry<SamplerEntry> built_in_samplers();
template <>
const Registry<SamplerEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
