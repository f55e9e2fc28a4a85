// Bounds on the log-likelihood of images under a variational autoencoder.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cebm {

struct LikelihoodResult {
  struct Mean {
    double mean = 0.0;
    double standard_error = 0.0;
  };

  std::string unit = "nats per image";
  std::int64_t images = 0;
  std::map<std::string, Mean> means;  ///< elbo, kl, bound_<S>

  /// {"unit", "images", <name>: {"mean", "standard_error"}}
  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static LikelihoodResult from_json(const nlohmann::json& json);
};

/// Writes elbo.npy, kl.npy and bound_<S>.npy, [N] nats per image in the order of the images, and returns a
/// LikelihoodResult. An image's numbers depend on the seed and its place in the set alone. Throws ConfigError if the
/// model is no variational autoencoder.
std::shared_ptr<Evaluator> make_likelihood(const LikelihoodOptions& options, const EvaluatorContext& context);

/// A table of means and standard errors.
void likelihood_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
