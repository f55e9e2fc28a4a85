// The critic of the pair objective and its gradient.
#pragma once

#include <cebm/bias.h>
#include <cebm/losses.h>

namespace cebm {

/// s_ij = D(t_i + t'_j) - D(t_i) - D(t'_j) for statistics t, t' [B, S, P, K]: [B, B]. No graph is recorded.
torch::Tensor pair_scores(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second);

struct PairLoss {
  PairMatching matching;    ///< detached
  torch::Tensor of_first;   ///< d loss / d t, [B, S, P, K]
  torch::Tensor of_second;  ///< d loss / d t'
};

/// match_pairs of these scores; adds its gradient with respect to the bias's parameters to their grad(). All B^2 sums
/// of statistics are computed in parts, twice, and never at once: the memory taken grows with B.
PairLoss add_pair_loss(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second);

}  // namespace cebm
