#include "train/interval_means.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace cebm {

namespace {

/// JSON has no NaN or infinity, which the metrics of a training without a guard may have.
nlohmann::json json_of(double sum) {
  if (std::isfinite(sum)) return sum;
  return std::to_string(sum);
}

double number_of(const nlohmann::json& sum) {
  return sum.is_string() ? std::stod(sum.get<std::string>()) : sum.get<double>();
}

}  // namespace

IntervalMeans::IntervalMeans(const std::vector<Metric>& metrics) {
  for (const Metric& metric : metrics) {
    if (!metric.weight.empty()) weights_[metric.name] = metric.weight;
  }
}

void IntervalMeans::add(const NamedValues& values) {
  // A checkpoint may hold sums of other metrics, from before a forced change of the objective.
  const bool same = names_.empty() ? sums_.empty() || sums_.size() == values.size()
                                   : std::ranges::equal(names_, values, {}, {}, &NamedValues::value_type::first);
  if (!same) reset();
  sums_.resize(values.size(), 0.0);
  names_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) names_[i] = values[i].first;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto weight = weights_.find(names_[i]);
    const bool alike = weight == weights_.end();
    sums_[i] += alike ? values[i].second : values[i].second * values[place_of(weight->second)].second;
  }
  ++steps_;
}

NamedValues IntervalMeans::means() const {
  NamedValues result;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const auto weight = weights_.find(names_[i]);
    const bool alike = weight == weights_.end();
    const double total = alike ? static_cast<double>(steps_) : sums_[place_of(weight->second)];
    result.emplace_back(names_[i], total == 0.0 ? 0.0 : sums_[i] / total);
  }
  return result;
}

std::size_t IntervalMeans::place_of(const std::string& name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) throw std::logic_error("a metric is weighted by " + name + ", which is not reported");
  return static_cast<std::size_t>(found - names_.begin());
}

void IntervalMeans::reset() {
  sums_.clear();
  names_.clear();
  steps_ = 0;
}

void IntervalMeans::save(nlohmann::json& state) const {
  state["sums"] = nlohmann::json::array();
  for (const double sum : sums_) state["sums"].push_back(json_of(sum));
  state["sum_names"] = names_;
  state["summed"] = steps_;
}

void IntervalMeans::load(const nlohmann::json& state) {
  sums_.clear();
  for (const nlohmann::json& sum : state.at("sums")) sums_.push_back(number_of(sum));
  names_ = state.value("sum_names", std::vector<std::string>{});  // earlier versions wrote none
  steps_ = state.at("summed").get<std::uint64_t>();
}

}  // namespace cebm
