// Bounds on the log-likelihood of images under a variational autoencoder.
#pragma once

#include <cebm/evaluator.h>

#include <cstdint>
#include <vector>

namespace cebm {

struct LikelihoodOptions final : Options {
  std::vector<std::int64_t> samples{10, 64};
  void fields(Fields& visit) override;
};

/// Writes elbo.npy, kl.npy and bound_<S>.npy, [N] nats per image in the order of the images, and returns their means
/// and standard errors. An image's numbers depend on the seed and its place in the set alone. Throws ConfigError if the
/// model is no variational autoencoder.
std::shared_ptr<Evaluator> make_likelihood(const LikelihoodOptions& options, const EvaluatorContext& context);

/// A table of means and standard errors.
void likelihood_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
