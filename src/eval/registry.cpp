#include "eval/scores.h"

namespace cebm {

Registry<EvaluatorEntry> built_in_evaluators() {
  Registry<EvaluatorEntry> registry("evaluator");
  registry.add(make_entry<ScoresOptions, EvaluatorEntry>(
      "scores", "latent codes, energies and gradient norms of every image as .npy", "{}", make_scores));
  return registry;
}

}  // namespace cebm
