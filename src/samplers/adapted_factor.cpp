#include <cebm/errors.h>
#include <cebm/sampler.h>

#include <algorithm>
#include <cmath>

namespace cebm {

namespace {

constexpr const char* kPart = "sampler";

}  // namespace

void AdaptationOptions::fields(Fields& visit) {
  visit.boolean("enabled", enabled, "whether a training adapts the step size to the acceptance that it finds");
  visit.when({enabled, "enabled: true"}, [&] {
    visit.real("target", target, {0.01, 0.99}, "the acceptance rate aimed at");
    visit.real("gain", gain, {1e-6, 10.0},
               "after a call with acceptance a the logarithm of the step size grows by gain (a - target)");
    visit.real("decay", decay, {0.0, 1.0},
               "the gain falls as (n + 1)^(-decay) with the number n of calls; 0: it stays, to follow an energy that "
               "is being trained");
    visit.real("range", range, {1.0, 1e12}, "the step size stays within this factor of the configured one");
  });
}

double AdaptedFactor::value() const { return std::exp(log_factor_); }

void AdaptedFactor::update(double acceptance) {
  if (!options_.enabled || !std::isfinite(acceptance)) return;
  const double gain = options_.gain * std::pow(static_cast<double>(updates_ + 1), -options_.decay);
  const double limit = std::log(options_.range);
  log_factor_ = std::clamp(log_factor_ + gain * (acceptance - options_.target), -limit, limit);
  ++updates_;
}

void AdaptedFactor::save(State& state) const {
  if (options_.enabled) state.values[kPart] = {{"log_factor", log_factor_}, {"updates", updates_}};
}

void AdaptedFactor::load(const State& state) {
  if (!options_.enabled) return;
  try {
    const auto& saved = state.values.at(kPart);
    const double limit = std::log(options_.range);  // it may be narrower now
    log_factor_ = std::clamp(saved.at("log_factor").get<double>(), -limit, limit);
    updates_ = saved.at("updates").get<std::uint64_t>();
  } catch (const nlohmann::json::exception& cause) {
    throw CheckpointError(std::string("the sampler's adapted step size: ") + cause.what());
  }
}

}  // namespace cebm
