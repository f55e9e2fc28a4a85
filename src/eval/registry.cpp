#include "eval/confusion.h"
#include "eval/likelihood.h"
#include "eval/neighbors.h"
#include "eval/scores.h"

namespace cebm {

Registry<EvaluatorEntry> built_in_evaluators() {
  Registry<EvaluatorEntry> registry("evaluator");
  registry.add(make_entry<ScoresOptions, EvaluatorEntry>(
      "scores", "latent codes, energies and gradient norms of every image as .npy", "{}", make_scores));
  registry.add(make_entry<LikelihoodOptions, EvaluatorEntry>(
      "likelihood", "ELBO and importance-weighted bounds of a VAE, nats per image", "samples: [2, 4]",
      make_likelihood));
  registry.add(make_entry<ConfusionOptions, EvaluatorEntry>(
      "confusion", "k-nearest-neighbour classification of the test set: accuracy and confusion matrices", "k: 3",
      make_confusion));
  registry.add(make_entry<NeighborsOptions, EvaluatorEntry>(
      "neighbors", "nearest training images of test images in several spaces, as one picture", "{queries: 2, k: 3}",
      make_neighbors));
  return registry;
}

}  // namespace cebm
