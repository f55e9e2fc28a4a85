/// Annealed importance sampling (Neal 2001) between a base density whose normaliser is known and exp{-U(x)}, forward
/// and in reverse: estimates of log Z. Pure functions of potentials, chains and keys.
#pragma once

#include <cebm/chain_starts.h>
#include <cebm/metropolis.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cebm {

/// The base density exp{-U_0(x)} / Z_0.
struct BaseDensity {
  std::string name;
  Potential potential;          ///< U_0 and its gradient
  double log_normalizer = 0.0;  ///< log Z_0
  Walls walls = Walls::none;    ///< reflect: this density and the intermediate ones live on [-1, 1]^D
  /// Independent draws for the chains `ids`, keyed by (seed, step): [B, C, H, W] float32, channels-last.
  std::function<torch::Tensor(const torch::Tensor& ids, std::uint64_t seed, std::uint64_t step)> draw;
};

/// Uniform on [-1, 1]^D: U_0 = 0, log Z_0 = D log 2.
BaseDensity uniform_base(ImageShape image);
/// N(mean, directions^T directions + variance 1) on all of R^D; variance > 0. The directions are orthogonal.
BaseDensity gaussian_base(ImageShape image, const FittedGaussian& fit, double variance);

/// An intermediate density, U = (1 - beta) U_0 + beta U_1, and the step size of the transitions that leave it
/// invariant.
struct AnnealingStage {
  double beta = 0.0;
  double step_size = 0.1;
};

/// The inputs of both directions.
struct Annealing {
  BaseDensity base;
  Potential target;                    ///< U_1
  std::vector<AnnealingStage> stages;  ///< beta rises from 0 to 1, both included
  std::int64_t leapfrogs = 2;
  std::uint64_t seed = 1;
  std::function<void(std::int64_t stage, double beta)> progress = {};  ///< called after each stage
};

struct AnnealedChains {
  torch::Tensor log_weights;             ///< [B] double
  std::vector<double> mean_log_weights;  ///< mean of the log weights so far, after each stage
  double acceptance = 0.0;               ///< mean probability over chains and transitions
};

/// Starts the chains `ids` from draws of the base: log w = sum_t (beta_t - beta_{t-1}) (U_0 - U_1)(x_{t-1}), with a
/// Hamiltonian transition of density t between x_{t-1} and x_t. E[w] = Z_1 / Z_0 exactly, however well the transitions
/// mix. Throws std::invalid_argument if the betas do not rise from 0 to 1, NumericsError if an energy is not finite.
AnnealedChains anneal_forward(const Annealing& annealing, const torch::Tensor& ids);
/// The reverse path, from `starts`. If these are draws of exp{-U_1} / Z_1, E[w] = Z_0 / Z_1. Throws the same.
AnnealedChains anneal_back(const Annealing& annealing, const Chains& starts);

/// The log of a mean of weights, with its accuracy.
struct LogMean {
  double value = 0.0;              ///< log (1/n) sum_i w_i
  double standard_error = 0.0;     ///< std(w) / (mean(w) sqrt(n)), the delta method's
  double effective_samples = 0.0;  ///< (sum_i w_i)^2 / sum_i w_i^2
  double mean_log = 0.0;           ///< (1/n) sum_i log w_i, at most `value` (Jensen's inequality)
};

/// Throws std::invalid_argument for fewer than two weights; NumericsError if one is not finite.
LogMean log_mean(const torch::Tensor& log_weights);

/// Options of the pilot that chooses the stages.
struct PilotOptions {
  std::int64_t chains = 16;
  double acceptance = 0.8;     ///< target of the step sizes
  std::int64_t stages = 1000;  ///< in the result, at least 2
};

/// Moves a few chains from base to target, raising beta at each stage so far that log w spreads by 1 (beta by at most
/// 0.25), and adapts the step size to the acceptance. The stages of the result divide that path evenly. They decide how
/// precise an estimate is, not what it estimates. Uses everything in `annealing` but its stages. Throws NumericsError
/// if target and base are more than 100,000 stages apart, or a potential is not finite.
std::vector<AnnealingStage> plan_stages(const Annealing& annealing, const PilotOptions& options);

}  // namespace cebm
