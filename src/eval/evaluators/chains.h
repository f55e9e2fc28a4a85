// Mixing of long chains of a run's sampler.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cebm {

struct ChainsResult {
  /// Statistics of the draws after warm-up.
  struct Quantity {
    double mean = 0.0;
    double std = 0.0;
    std::optional<double> effective_samples = {};
    std::optional<double> r_hat = {};
  };

  std::string init;
  std::int64_t chains = 0;
  std::int64_t steps = 0;
  std::int64_t every = 0;
  std::int64_t draws = 0;    ///< of each chain after warm-up
  double test_energy = 0.0;  ///< means over the test images
  double test_gradient_norm = 0.0;
  std::map<std::string, Quantity> quantities;  ///< energy, gradient_norm, projection_1, ...

  /// {"init", "chains", "steps", "every", "draws", "test_energy", "test_gradient_norm", "quantities": {<name>: {"mean",
  /// "std", "effective_samples" or null, "r_hat" or null}}}
  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static ChainsResult from_json(const nlohmann::json& json);
};

/// Runs chains of the run's sampler, in one call, and records every few steps their energy, gradient norm, and the
/// projections of the image on a few random directions of length 1. Returns a ChainsResult (chain_statistics.h) and
/// writes energy.svg, gradient_norm.svg, traces.svg and autocorrelation.svg, chains.png (one row per chain, from start
/// to end), and draws_<quantity>.npy, [chains, draws], including warm-up.
/// Throws ConfigError if the model has no energy or warm-up leaves fewer than 8 draws; NumericsError if a chain becomes
/// non-finite.
std::shared_ptr<Evaluator> make_long_chains(const ChainsOptions& options, const EvaluatorContext& context);

/// A table of the quantities and the figures.
void chains_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
