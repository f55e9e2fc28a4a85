#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <cebm/sampler.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "core/rows.h"

namespace cebm {

namespace {

constexpr const char* kAcceptance = "acceptance";
constexpr const char* kStepSize = "step_size";

/// MALA and HMC, which differ in the number of leapfrog steps and the meaning of the configured size.
class MetropolisSampler final : public Sampler {
 public:
  /// `exponent`: the configured size is the leapfrog step to this power (alpha is its square).
  MetropolisSampler(const MetropolisOptions& options, std::int64_t steps, double size, double exponent,
                    std::int64_t leapfrogs)
      : temperature_(options.temperature),
        walls_(options.boundary),
        steps_(steps),
        size_(size),
        exponent_(exponent),
        leapfrogs_(leapfrogs),
        factor_(options.adaptation) {}

  std::int64_t default_steps() const override { return steps_; }

  StepValues advance(Engine& engine, Chains& chains, std::int64_t steps, std::uint64_t seed, std::uint64_t first_step,
                     const Observer& observer) const override {
    if (steps < 0) throw std::invalid_argument("metropolis: expected steps >= 0, found " + std::to_string(steps));
    const at::NoGradGuard no_grad;
    const c10::OptionalDeviceGuard device(chains.x.device());
    rows_of(chains.x, chains.ids, "metropolis");  // throws if the chains do not fit
    const torch::Tensor size = torch::full({}, size_ * factor_.value(), chains.x.options());
    if (steps == 0) return {{kAcceptance, torch::ones_like(size)}, {kStepSize, size}};
    if (walls_ != Walls::none) chains.x.clamp_(-1.0, 1.0);  // the density is zero outside
    const Potential potential = potential_of(engine, temperature_);
    EnergyGradient here = potential(chains.x);
    torch::Tensor sum = torch::zeros_like(size);
    for (std::int64_t t = 0; t < steps; ++t) {
      const TransitionKey key{.seed = seed, .step = first_step + static_cast<std::uint64_t>(t)};
      sum.add_(hmc_transition(potential, chains, here, proposal(), key).probability.mean());
      if (observer) observer(t + 1, chains);
    }
    return {{kAcceptance, sum.div_(static_cast<double>(steps))}, {kStepSize, size}};
  }

  void adapt(const StepValues& moved) override {
    for (const auto& [name, value] : moved) {
      if (name == kAcceptance) factor_.update(value.item<double>());
    }
  }

  void save(State& state) const override { factor_.save(state); }
  void load(const State& state) override { factor_.load(state); }

 private:
  HamiltonianStep proposal() const {
    return {.size = std::pow(size_ * factor_.value(), 1.0 / exponent_), .leapfrogs = leapfrogs_, .walls = walls_};
  }

  double temperature_;
  Walls walls_;
  std::int64_t steps_;
  double size_;
  double exponent_;
  std::int64_t leapfrogs_;
  AdaptedFactor factor_;
};

}  // namespace

std::vector<Metric> MetropolisOptions::metrics() const {
  return {{.name = kAcceptance,
           .unit = "share of the proposals",
           .shown = true,
           .curve = {"Acceptance of the sampler's proposals", "acceptance"}},
          {.name = kStepSize, .curve = {"Step size of the sampler", "step size"}}};
}

void MetropolisOptions::common_fields(Fields& visit) {
  static constexpr std::pair<const char*, Walls> walls[] = {
      {"none", Walls::none}, {"reject", Walls::reject}, {"reflect", Walls::reflect}};
  visit.real("temperature", temperature, {1e-12, 1e12}, "chains sample exp{-E(x) / temperature}");
  visit.enumeration<Walls>("boundary", boundary, walls,
                           "none: images may have any pixels; reject: an image that would leave [-1, 1] stays; "
                           "reflect: pixels are mirrored back. The last two are exact for the density within [-1, 1]");
  visit.section("adaptation", adaptation, "of the step size, between the calls of a training");
}

void MalaOptions::fields(Fields& visit) {
  visit.integer("steps", steps, {1, 1000000}, "proposals per gradient step");
  visit.real(
      "alpha", alpha, {1e-12, 1e6},
      "step size: proposals are x - (alpha / 2) dE/dx / temperature + sqrt(alpha) noise; where a training adapts "
      "it, the first one");
  common_fields(visit);
}

void HmcOptions::fields(Fields& visit) {
  visit.integer("steps", steps, {1, 1000000}, "proposals per gradient step");
  visit.integer("leapfrogs", leapfrogs, {1, 100000}, "leapfrog steps of a proposal, a gradient of the energy each");
  visit.real("step_size", step_size, {1e-9, 1e3}, "of a leapfrog step; where a training adapts it, the first one");
  common_fields(visit);
}

std::shared_ptr<Sampler> make_mala(const MalaOptions& options) {
  return std::make_shared<MetropolisSampler>(options, options.steps, options.alpha, /*exponent=*/2.0, /*leapfrogs=*/1);
}

std::shared_ptr<Sampler> make_hmc(const HmcOptions& options) {
  return std::make_shared<MetropolisSampler>(options, options.steps, options.step_size, /*exponent=*/1.0,
                                             options.leapfrogs);
}

}  // namespace cebm
