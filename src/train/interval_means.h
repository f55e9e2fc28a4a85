// Means of the named quantities of the steps between two rows of metrics.
#pragma once

#include <cebm/metric.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cebm {

class IntervalMeans {
 public:
  /// Adds the values of one step: the same names in the same order every time.
  void add(const NamedValues& values);
  /// Needs at least one step.
  NamedValues means() const;
  void reset();

  /// The sums are part of a checkpoint, so that an interrupted interval has the same means after resuming.
  void save(nlohmann::json& state) const;
  void load(const nlohmann::json& state);

 private:
  std::vector<std::string> names_;  ///< known from the first step on
  std::vector<double> sums_;
  std::uint64_t steps_ = 0;
};

}  // namespace cebm
