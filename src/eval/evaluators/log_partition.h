// log Z of an energy-based model by annealed importance sampling in both directions.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cebm {

struct LogPartitionResult {
  struct Estimate {
    std::int64_t chains = 0;
    double log_z = 0.0;
    double standard_error = 0.0;
    double effective_samples = 0.0;  ///< of the weights
    double bound = 0.0;              ///< from the mean log weight: in expectation below log Z forward, above in reverse
    double acceptance = 0.0;
    double nats_per_dimension = 0.0;  ///< -log p(x) / D of the test images
    double bits_per_dimension = 0.0;  ///< of their bytes
  };

  double temperature = 1.0;
  double sampler_temperature = 1.0;
  std::string base;
  std::int64_t dimensions = 0;
  std::int64_t distributions = 0;
  std::int64_t test_images = 0;
  double test_energy = 0.0;  ///< mean E(x) / T
  Estimate forward;
  std::optional<Estimate> reverse = {};
  std::string reverse_from;  ///< where these chains started, or why there are none

  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static LogPartitionResult from_json(const nlohmann::json& json);
};

/// log Z = log int exp{-E(x) / T} dx by annealed importance sampling (annealed_importance.h), with Hamiltonian
/// transitions whose step sizes a pilot finds, and log p(x) = -E(x) / T - log Z of the test images.
///
/// base uniform: the integral is over [-1, 1]^D; gaussian: over all of R^D. Test images with bytes p are dequantised,
/// x = -1 + 2 (p + u) / 256 with u ~ U[0, 1), so that -log2 p(x) / D + 7 is in expectation an upper bound on the bits
/// per byte (Theis et al. 2016); a uniform model has 8.
///
/// Returns a LogPartitionResult and writes path.svg and log_weights_forward.npy and log_weights_reverse.npy, [chains].
/// Throws ConfigError if the model has no energy.
std::shared_ptr<Evaluator> make_log_partition(const LogPartitionOptions& options, const EvaluatorContext& context);

/// A table of both directions and the figure.
void log_partition_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
