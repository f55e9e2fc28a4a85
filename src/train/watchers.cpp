#include <algorithm>
#include <cmath>
#include <cstdio>

#include "train/guard.h"

namespace cebm {

std::string Finding::describe() const {
  char text[96];
  if (limit) {
    std::snprintf(text, sizeof text, " is %g (limit %g)", value, *limit);
  } else {
    std::snprintf(text, sizeof text, " is %g, expected a finite number", value);
  }
  return quantity + text;
}

std::optional<Finding> NonFiniteWatcher::look(const NamedValues& values) {
  for (const auto& [name, value] : values) {
    if (!std::isfinite(value)) return Finding{name, value, std::nullopt, {}};
  }
  return std::nullopt;
}

std::optional<Finding> LimitWatcher::look(const NamedValues& values) {
  for (const auto& [name, value] : values) {
    if (std::ranges::find(names_, name) == names_.end()) continue;
    if (!(std::abs(value) <= limit_)) return Finding{name, value, limit_, {}};
  }
  return std::nullopt;
}

std::optional<Finding> DriftWatcher::look(const NamedValues& values) {
  const auto found = std::ranges::find(values, name_, &NamedValues::value_type::first);
  if (found == values.end()) return std::nullopt;
  ++seen_;
  fast_ += (found->second - fast_) / static_cast<double>(std::min(seen_, window_));
  slow_ += (found->second - slow_) / static_cast<double>(std::min(seen_, 10 * window_));
  const double drift = fast_ - slow_;
  if (seen_ < window_ || std::abs(drift) <= limit_) return std::nullopt;
  return Finding{name_ + "_drift", drift, limit_, {}};
}

void DriftWatcher::save(nlohmann::json& state) const {
  state = {{"watches", name_}, {"window", window_}, {"seen", seen_}, {"fast", fast_}, {"slow", slow_}};
}

void DriftWatcher::load(const nlohmann::json& state) {
  if (!state.is_object() || state.value("watches", "") != name_ || state.value("window", std::int64_t{0}) != window_)
    return;
  seen_ = state.at("seen").get<std::int64_t>();
  fast_ = state.at("fast").get<double>();
  slow_ = state.at("slow").get<double>();
}

std::optional<Finding> MeanWatcher::look(const NamedValues& values) {
  const auto found = std::ranges::find(values, name_, &NamedValues::value_type::first);
  if (found == values.end()) return std::nullopt;
  ++seen_;
  mean_ += (found->second - mean_) / static_cast<double>(std::min(seen_, window_));
  if (seen_ < window_ || mean_ <= limit_) return std::nullopt;
  return Finding{"the mean of " + name_, mean_, limit_, advice_};
}

void MeanWatcher::save(nlohmann::json& state) const {
  state = {{"watches", name_}, {"window", window_}, {"seen", seen_}, {"mean", mean_}};
}

void MeanWatcher::load(const nlohmann::json& state) {
  if (!state.is_object() || !state.contains("mean") || state.value("watches", "") != name_ ||
      state.value("window", std::int64_t{0}) != window_) {
    return;
  }
  seen_ = state.at("seen").get<std::int64_t>();
  mean_ = state.at("mean").get<double>();
}

}  // namespace cebm
