// A weighted sum of objectives as one objective.
#pragma once

#include <cebm/objective.h>

#include <vector>

namespace cebm {

struct WeightedTerm {
  std::string prefix;  ///< of its metrics and of its state, "pcd."; empty: none
  double weight = 1.0;
  std::int64_t skip = 0;    ///< number of images that it leaves out at the start of the batch
  std::int64_t images = 0;  ///< number of the remaining images that it sees; 0: all
  std::shared_ptr<Objective> objective;
};

/// Minimises sum_i weight_i loss_i. The terms have no groups of weights.
std::shared_ptr<Objective> weighted_sum(std::shared_ptr<Model> model, std::vector<WeightedTerm> terms);

/// The part of a sum's state that the term with this prefix wrote.
State state_of_term(const State& sum, const std::string& prefix);

/// The metrics with `prefix` before their names.
std::vector<Metric> with_prefix(const std::string& prefix, std::vector<Metric> metrics);

}  // namespace cebm
