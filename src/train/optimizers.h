// The optimisers of a training: one Adam for each group of weights.
#pragma once

#include <cebm/objective.h>
#include <cebm/optimizer.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

class Optimizers {
 public:
  /// Without groups, one Adam updates all weights. `steps` as for Adam. Throws std::invalid_argument unless every
  /// weight is in exactly one group.
  Optimizers(const NamedTensors& weights, const std::vector<WeightGroup>& groups, const AdamOptions& options,
             std::uint64_t steps = 0);

  /// Names of the norms that step() returns: gradient_norm, then gradient_norm_<group> for further groups.
  const std::vector<std::string>& norm_names() const { return norm_names_; }
  /// Updates all weights, clears their gradients and returns the groups' gradient norms.
  std::vector<torch::Tensor> step(std::uint64_t step);

  /// The moments are keyed by the weights' names, whatever their group.
  void save(State& state) const;
  void load(const State& state);

 private:
  std::vector<Adam> adams_;
  std::vector<std::string> norm_names_;
};

}  // namespace cebm
