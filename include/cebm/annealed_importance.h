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

/// exp{-U_0(x)} / Z_0.
struct BaseDensity {
  std::string name;
  Potential potential;          ///< U_0 and its gradient
  double log_normalizer = 0.0;  ///< log Z_0
  Walls walls = Walls::none;    ///< reflect: the density, and all on the way, are those of [-1, 1]^D
  /// Independent draws for chains `ids`, number `step`: [B, C, H, W] float32, channels-last.
  std::function<torch::Tensor(const torch::Tensor& ids, std::uint64_t seed, std::uint64_t step)> draw;
};

/// Uniform on [-1, 1]^D: U_0 = 0, log Z_0 = D log 2.
BaseDensity uniform_base(ImageShape image);
/// N(mean, directions^T directions + variance 1) on all of R^D; variance > 0. The directions are orthogonal.
BaseDensity gaussian_base(ImageShape image, const FittedGaussian& fit, double variance);

/// A density on the way, U = (1 - beta) U_0 + beta U_1, and how transitions that leave it as it is propose.
struct AnnealingStage {
  double beta = 0.0;
  double step_size = 0.1;
};

/// What both directions need.
struct Annealing {
  BaseDensity base;
  Potential target;                    ///< U_1
  std::vector<AnnealingStage> stages;  ///< beta rises from 0 to 1, both among them
  std::int64_t leapfrogs = 2;
  std::uint64_t seed = 1;
  std::function<void(std::int64_t stage, double beta)> progress = {};  ///< told after each stage
};

struct AnnealedChains {
  torch::Tensor log_weights;             ///< [B] double
  std::vector<double> mean_log_weights;  ///< so far, after each stage
  double acceptance = 0.0;               ///< mean probability over chains and transitions
};

/// From draws of the base, chains `ids`: log w = sum_t (beta_t - beta_{t-1}) (U_0 - U_1)(x_{t-1}), with a Hamiltonian
/// transition of density t between x_{t-1} and x_t. E w = Z_1 / Z_0 exactly, whatever the transitions do.
AnnealedChains anneal_forward(const Annealing& annealing, const torch::Tensor& ids);
/// The same way back from `starts`. If these are draws of exp{-U_1} / Z_1, E w = Z_0 / Z_1.
AnnealedChains anneal_back(const Annealing& annealing, const Chains& starts);

/// log of a mean of weights, with what it is worth.
struct LogMean {
  double value = 0.0;              ///< log (1/n) sum_i w_i
  double standard_error = 0.0;     ///< std(w) / (mean(w) sqrt(n)), the delta method's
  double effective_samples = 0.0;  ///< (sum_i w_i)^2 / sum_i w_i^2
  double mean_log = 0.0;           ///< (1/n) sum_i log w_i, below `value`
};

/// Throws std::invalid_argument for fewer than two weights; NumericsError if one is not finite.
LogMean log_mean(const torch::Tensor& log_weights);

/// How a pilot finds the stages.
struct PilotOptions {
  std::int64_t chains = 16;
  double acceptance = 0.8;     ///< that step sizes aim at
  std::int64_t stages = 1000;  ///< of the result, at least 2
};

/// Moves a few chains from base to target, so far at a time that log w spreads by 1 in each stage, and adapts the step
/// size to the acceptance; the stages of the result divide that way evenly. They decide how good an estimate is, not
/// what it estimates. Uses of `annealing` all but its stages. Throws NumericsError if target and base are too far apart
/// for 100,000 stages, or a potential is not finite.
std::vector<AnnealingStage> plan_stages(const Annealing& annealing, const PilotOptions& options);

}  // namespace cebm
