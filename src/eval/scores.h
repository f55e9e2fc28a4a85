// Per-image numbers for use elsewhere: latent code, energy, gradient norm.
#pragma once

#include <cebm/evaluator.h>

namespace cebm {

/// Nothing to choose yet.
struct ScoresOptions final : Options {
  void fields(Fields& visit) override;
};

/// Writes latent.npy [N, K], label.npy [N] and, for energy-based models, energy.npy [N] = E(x) and gradient_norm.npy
/// [N] = ||dE/dx||, in the order of the images, and a summary as scores.json.
std::shared_ptr<Evaluator> make_scores(const ScoresOptions& options, const EvaluatorContext& context);

}  // namespace cebm
