#include "train/guard.h"

#include <ATen/ops/aminmax.h>

#include <cmath>

namespace cebm {

namespace {

constexpr const char* kChainsOutside =
    "The chains have left the range of images, [-1, 1]: the sampler's noise is more than the energy can hold together. "
    "Take less noise (sampler.noise=fixed sampler.noise_std=0.0075) or sampler.boundary=clamp";
constexpr const char* kGapAtBound =
    "Data and chains are as far apart as the penalty objective.energy_l2 lets them be: the chains do not come near the "
    "data, and nothing is learned from here on. Take larger steps with less noise (sampler.alpha=2 sampler.noise=fixed "
    "sampler.noise_std=0.0075), more sampler.steps, or a lower train.optimizer.learning_rate";

}  // namespace

Guard::Guard(const GuardOptions& options, double max_energy, const std::vector<std::string>& terms,
             const std::vector<std::string>& norms)
    : on_(options.policy != GuardPolicy::off) {
  if (!on_) return;
  const auto limit = [](Watchers& to, std::vector<std::string> names, double value, double none) {
    if (value != none) to.push_back(std::make_unique<LimitWatcher>(std::move(names), value));
  };
  step_watchers_.push_back(std::make_unique<NonFiniteWatcher>());
  limit(step_watchers_, terms, max_energy, /*none=*/0.0);
  limit(step_watchers_, {"energy_gap"}, options.max_energy_gap, /*none=*/0.0);
  limit(step_watchers_, norms, options.max_gradient_norm, /*none=*/0.0);
  if (options.max_gap_drift != 0.0) {
    step_watchers_.push_back(std::make_unique<DriftWatcher>("energy_gap", options.drift_window, options.max_gap_drift));
  }
  const auto mean = [&](const char* name, double value, const char* advice) {
    if (value != 0.0) {
      step_watchers_.push_back(std::make_unique<MeanWatcher>(name, options.drift_window, value, advice));
    }
  };
  mean("chain_rms", options.max_chain_rms, kChainsOutside);
  mean("gap_of_bound", options.max_gap_of_bound, kGapAtBound);
  row_watchers_.push_back(std::make_unique<NonFiniteWatcher>());
  limit(row_watchers_, {"pixels_saturated"}, options.max_pixels_saturated, /*none=*/1.0);
  limit(row_watchers_, {"buffer_dead"}, options.max_buffer_dead, /*none=*/1.0);
}

std::optional<Finding> Guard::look(const Watchers& watchers, const NamedValues& values) {
  for (const auto& watcher : watchers) {
    if (auto finding = watcher->look(values)) return finding;
  }
  return std::nullopt;
}

std::optional<Finding> Guard::look_at_state(const Checkpoint& checkpoint) const {
  if (!on_) return std::nullopt;
  for (const auto& [part, state] : checkpoint.parts) {
    for (const auto& [name, tensor] : state.tensors) {
      if (!tensor.is_floating_point() || tensor.numel() == 0) continue;
      const auto [low, high] = at::aminmax(tensor);  // NaN goes through both
      for (const double extreme : {low.item<double>(), high.item<double>()}) {
        if (!std::isfinite(extreme)) return Finding{part + "." + name, extreme, std::nullopt, {}};
      }
    }
  }
  return std::nullopt;
}

nlohmann::json Guard::save() const {
  nlohmann::json state = nlohmann::json::array();
  for (const auto& watcher : step_watchers_) watcher->save(state.emplace_back());
  return state;
}

void Guard::load(const nlohmann::json& state) {
  for (std::size_t i = 0; i < step_watchers_.size() && i < state.size(); ++i) step_watchers_[i]->load(state[i]);
}

}  // namespace cebm
