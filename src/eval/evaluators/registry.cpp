#include "eval/evaluators/calibration.h"
#include "eval/evaluators/chains.h"
#include "eval/evaluators/confusion.h"
#include "eval/evaluators/few_shot.h"
#include "eval/evaluators/likelihood.h"
#include "eval/evaluators/log_partition.h"
#include "eval/evaluators/neighbors.h"
#include "eval/evaluators/ood.h"
#include "eval/evaluators/samples.h"
#include "eval/evaluators/scores.h"

namespace cebm {

namespace {

EvaluatorEntry completed(EvaluatorEntry row, OwnSet own, decltype(EvaluatorEntry::section) section) {
  row.own = own;
  row.section = std::move(section);
  return row;
}

EvaluatorEntry on_request(EvaluatorEntry row) {
  row.on_request = true;
  return row;
}

}  // namespace

Registry<EvaluatorEntry> built_in_evaluators() {
  Registry<EvaluatorEntry> registry("evaluator");
  registry.add(
      completed(make_entry<ScoresOptions, EvaluatorEntry>(
                    "scores", "latent codes, energies and gradient norms of every image as .npy", "{}", make_scores),
                OwnSet::data_and_split, scores_section));
  registry.add(completed(make_entry<LikelihoodOptions, EvaluatorEntry>(
                             "likelihood", "ELBO and importance-weighted bounds of a VAE, nats per image",
                             "samples: [2, 4]", make_likelihood),
                         OwnSet::data_and_split, likelihood_section));
  registry.add(completed(make_entry<FewShotOptions, EvaluatorEntry>(
                             "few-shot", "accuracy of a linear classifier on latent codes with few labels and with all",
                             "{shots: [1, 2], draws: 2}", make_few_shot),
                         OwnSet::data, few_shot_section));
  registry.add(completed(make_entry<OodOptions, EvaluatorEntry>(
                             "ood", "out-of-distribution detection: AUROC, AUPR and FPR95 of scores against other sets",
                             "bootstrap: 20", make_ood),
                         OwnSet::data_and_split, ood_section));
  registry.add(
      completed(make_entry<CalibrationOptions, EvaluatorEntry>(
                    "calibration", "accuracy and calibration of p(y | x): ECE, Brier score, reliability diagram",
                    "bins: 5", make_calibration),
                OwnSet::data_and_split, calibration_section));
  registry.add(
      completed(make_entry<ConfusionOptions, EvaluatorEntry>(
                    "confusion", "k-nearest-neighbour classification of the test set: accuracy and confusion matrices",
                    "k: 3", make_confusion),
                OwnSet::fixed, confusion_section));
  registry.add(completed(make_entry<NeighborsOptions, EvaluatorEntry>(
                             "neighbors", "nearest training images of test images in several spaces, as one picture",
                             "{queries: 2, k: 3}", make_neighbors),
                         OwnSet::fixed, neighbors_section));
  registry.add(on_request(completed(
      make_entry<SamplesOptions, EvaluatorEntry>(
          "samples", "how near samples are to the data: Frechet and kernel distance, precision, recall, coverage",
          "{chains: 8, steps: 2, generated: 8, classifier_steps: 2}", make_samples),
      OwnSet::data, samples_section)));
  registry.add(
      on_request(completed(make_entry<ChainsOptions, EvaluatorEntry>(
                               "chains", "how long chains of the run's sampler mix: effective sample size, R-hat",
                               "{chains: 3, steps: 20, every: 1}", make_long_chains),
                           OwnSet::data, chains_section)));
  registry.add(on_request(
      completed(make_entry<LogPartitionOptions, EvaluatorEntry>(
                    "log-partition", "log Z by annealed importance sampling in both directions, bits per dimension",
                    "{chains: 4, distributions: 5, pilot: 2}", make_log_partition),
                OwnSet::data, log_partition_section)));
  return registry;
}

}  // namespace cebm
