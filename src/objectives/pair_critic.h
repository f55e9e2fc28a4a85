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

/// match_pairs of pair_scores; adds the loss's gradient with respect to the bias's parameters to their grad(). Computes
/// the B^2 sums of statistics in parts, more than once, and never holds them all, so that their memory grows with B.
PairLoss add_pair_loss(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second);

}  // namespace cebm
