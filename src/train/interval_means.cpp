#include "train/interval_means.h"

namespace cebm {

void IntervalMeans::add(const NamedValues& values) {
  sums_.resize(values.size(), 0.0);
  names_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    names_[i] = values[i].first;
    sums_[i] += values[i].second;
  }
  ++steps_;
}

NamedValues IntervalMeans::means() const {
  NamedValues result;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    result.emplace_back(names_[i], sums_[i] / static_cast<double>(steps_));
  }
  return result;
}

void IntervalMeans::reset() {
  sums_.clear();
  steps_ = 0;
}

void IntervalMeans::save(nlohmann::json& state) const {
  state["sums"] = sums_;
  state["summed"] = steps_;
}

void IntervalMeans::load(const nlohmann::json& state) {
  sums_ = state.at("sums").get<std::vector<double>>();
  steps_ = state.at("summed").get<std::uint64_t>();
}

}  // namespace cebm
