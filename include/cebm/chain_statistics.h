/// How well Markov chains mix: effective sample size, split R-hat, autocorrelation.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace cebm {

/// Mixing of draws [chains, N] of one quantity. Every chain is cut into two halves, which gives M = 2 `chains` series
/// of n = N/2 draws: a chain that drifts then disagrees with itself (Gelman et al. 2013; Vehtari et al. 2021, without
/// ranks).
struct Mixing {
  /// sqrt(V / W): W the mean variance within the chains, V = W (n - 1) / n + variance of their means. 1 for chains that
  /// have forgotten where they started; none if no chain moves.
  std::optional<double> r_hat = {};
  /// M n / tau, tau = -1 + 2 sum_t P_t over pairs P_t = rho_2t + rho_2t+1 of autocorrelations up to the first pair that
  /// is not positive, each P_t capped at its predecessor (Geyer 1992, initial monotone sequence; as in Stan),
  /// rho_t = 1 - (W - mean autocovariance at lag t) / V. At most M n log10(M n), as in Stan. None if no chain moves.
  std::optional<double> effective_samples = {};
};

/// Throws std::invalid_argument unless there is a chain and each has at least 8 draws; NumericsError for a draw that is
/// not finite.
Mixing mixing_of(const torch::Tensor& draws);

/// rho_0 = 1 .. rho_longest of draws [chains, N], each chain around its own mean, their autocovariances averaged; empty
/// if no chain moves. Lags stop at N - 1. Throws as mixing_of.
std::vector<double> autocorrelation(const torch::Tensor& draws, std::int64_t longest);

}  // namespace cebm
