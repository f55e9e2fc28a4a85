#include "train/guard.h"

#include <ATen/ops/aminmax.h>

#include <algorithm>
#include <cmath>

#include "base/fixed_text.h"

namespace cebm {

std::string Finding::describe() const {
  const std::string found = quantity + " is " + general_text(value, 6);
  if (!limit) return found + ", expected a finite number";
  return found + " (limit " + general_text(*limit, 6) + ", " + setting + ")";
}

Watcher::Watcher(std::string metric, Watch watch, double limit, std::int64_t window, const std::string& section)
    : metric_(std::move(metric)),
      watch_(std::move(watch)),
      limit_(limit),
      window_(window),
      setting_(section + "." + watch_.key) {}

std::optional<Finding> Watcher::look(double value) {
  if (watch_.of == Watch::Of::value) {
    if (std::abs(value) <= limit_) return std::nullopt;
    return Finding{metric_, value, limit_, setting_, watch_.advice};
  }
  ++seen_;
  mean_ += (value - mean_) / static_cast<double>(std::min(seen_, window_));
  slow_mean_ += (value - slow_mean_) / static_cast<double>(std::min(seen_, 10 * window_));
  if (seen_ < window_) return std::nullopt;
  if (watch_.of == Watch::Of::mean) {
    if (mean_ <= limit_) return std::nullopt;
    return Finding{"the mean of " + metric_, mean_, limit_, setting_, watch_.advice};
  }
  const double drift = mean_ - slow_mean_;
  if (std::abs(drift) <= limit_) return std::nullopt;
  return Finding{metric_ + "_drift", drift, limit_, setting_, watch_.advice};
}

nlohmann::json Watcher::save() const {
  return {{"window", window_}, {"seen", seen_}, {"mean", mean_}, {"slow_mean", slow_mean_}};
}

void Watcher::load(const nlohmann::json& state) {
  if (state.at("window").get<std::int64_t>() != window_) return;
  seen_ = state.at("seen").get<std::int64_t>();
  mean_ = state.at("mean").get<double>();
  slow_mean_ = state.at("slow_mean").get<double>();
}

Guard::Guard(const GuardOptions& options, double max_energy, const std::vector<Metric>& metrics,
             const std::vector<std::string>& norms)
    : on_(options.policy != GuardPolicy::off) {
  if (!on_) return;
  for (const Metric& metric : metrics) {
    const bool of_step = metric.when == Metric::When::step;
    if (of_step) step_watchers_.emplace_back(metric.name, Watch{.key = "max_energy"}, max_energy, 1, "train");
    for (const Watch& watch : metric.watches) {
      const double limit = options.limit(watch);
      if (limit == watch.off) continue;
      (of_step ? step_watchers_ : row_watchers_).emplace_back(metric.name, watch, limit, options.drift_window);
    }
  }
  for (const std::string& norm : norms) {
    if (options.max_gradient_norm == 0.0) break;
    step_watchers_.emplace_back(norm, Watch{.key = "max_gradient_norm"}, options.max_gradient_norm, 1);
  }
}

std::optional<Finding> Guard::look(std::vector<Watcher>& watchers, const NamedValues& values) const {
  if (!on_) return std::nullopt;
  for (const auto& [name, value] : values) {
    if (!std::isfinite(value)) return Finding{name, value};
  }
  std::optional<Finding> first;
  for (Watcher& watcher : watchers) {
    const auto found = std::ranges::find(values, watcher.metric(), &NamedValues::value_type::first);
    if (found == values.end()) continue;
    // Every watcher looks, even after a finding, so that no running mean misses a step.
    auto finding = watcher.look(found->second);
    if (finding && !first) first = std::move(finding);
  }
  return first;
}

std::optional<Finding> Guard::look_at_state(const Checkpoint& checkpoint) const {
  if (!on_) return std::nullopt;
  for (const auto& [part, state] : checkpoint.parts) {
    std::vector<std::pair<std::string, torch::Tensor>> all(state.tensors.begin(), state.tensors.end());
    all.insert(all.end(), state.dealt.begin(), state.dealt.end());
    for (const auto& [name, tensor] : all) {
      if (!tensor.is_floating_point() || tensor.numel() == 0) continue;
      const auto [low, high] = at::aminmax(tensor);  // both propagate NaN
      for (const double extreme : {low.item<double>(), high.item<double>()}) {
        if (!std::isfinite(extreme)) return Finding{part + "." + name, extreme};
      }
    }
  }
  return std::nullopt;
}

nlohmann::json Guard::save() const {
  nlohmann::json state = nlohmann::json::object();
  for (const Watcher& watcher : step_watchers_) {
    if (watcher.has_memory()) state[watcher.metric()][watcher.key()] = watcher.save();
  }
  return state;
}

void Guard::load(const nlohmann::json& state) {
  if (!state.is_object()) return;  // written by an earlier version
  for (Watcher& watcher : step_watchers_) {
    if (state.contains(watcher.metric()) && state[watcher.metric()].contains(watcher.key())) {
      watcher.load(state[watcher.metric()][watcher.key()]);
    }
  }
}

}  // namespace cebm
