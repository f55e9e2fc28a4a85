// Means of the named quantities of the steps between two rows of metrics.
#pragma once

#include <cebm/metric.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cebm {

class IntervalMeans {
 public:
  IntervalMeans() = default;
  /// With the weights that the metrics declare.
  explicit IntervalMeans(const std::vector<Metric>& metrics);

  /// Adds the values of one step: the same names in the same order every time. With other names than those of the sums
  /// that were loaded, the interval starts anew.
  void add(const NamedValues& values);
  /// Needs at least one step.
  NamedValues means() const;
  void reset();

  /// The sums are part of a checkpoint, so that an interrupted interval has the same means after resuming.
  void save(nlohmann::json& state) const;
  void load(const nlohmann::json& state);

 private:
  std::size_t place_of(const std::string& name) const;

  std::map<std::string, std::string> weights_;  ///< names of metrics that have one, and of their weights
  std::vector<std::string> names_;              ///< of the sums; none in checkpoints of earlier versions
  std::vector<double> sums_;                    ///< of values times weights
  std::uint64_t steps_ = 0;
};

}  // namespace cebm
