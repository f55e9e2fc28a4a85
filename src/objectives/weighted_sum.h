// Several objectives as one.
#pragma once

#include <cebm/objective.h>

#include <vector>

namespace cebm {

struct WeightedTerm {
  std::string prefix;  ///< of its metrics and of its state, "pcd."; empty: none
  double weight = 1.0;
  std::int64_t skip = 0;    ///< images of the batch that it leaves out, the first
  std::int64_t images = 0;  ///< how many it sees of the others; 0: all
  std::shared_ptr<Objective> objective;
};

/// Minimises sum_i weight_i loss_i. The terms have no groups of weights.
std::shared_ptr<Objective> weighted_sum(std::shared_ptr<Model> model, std::vector<WeightedTerm> terms);

/// What the term of that prefix wrote into the state of a sum.
State state_of_term(const State& sum, const std::string& prefix);

/// The same metrics under their names in the sum.
std::vector<Metric> with_prefix(const std::string& prefix, std::vector<Metric> metrics);

}  // namespace cebm
