/// Options of the built-in evaluators, for Choice<EvaluatorEntry>::as<FewShotOptions>() and the like.
#pragma once

#include <cebm/augmentation.h>
#include <cebm/options.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

struct Catalog;

/// The row few-shot: accuracy of a linear classifier with few labels and with all (paper, Table 1).
struct FewShotOptions final : Options {
  std::vector<std::int64_t> shots{1, 10, 100};  ///< labels per class
  std::int64_t draws = 10;  ///< random draws of the labelled images for each number of labels, 2 or more
  std::vector<std::string> spaces{"latent"};  ///< columns (columns.h), each with its own result
  /// Scalings of the classifier's features, each with its own result: none, standard (feature_scale.h).
  std::vector<std::string> scaling{"none", "standard"};
  double cost = 1.0;             ///< the classifier's C (logistic_regression.h); the paper's is 1
  bool full = true;              ///< also once with all labels
  bool baselines = true;         ///< also pixels and the untrained network's code
  std::int64_t validation = 0;   ///< training images that are scored in place of the test set; 0: scores the test set
  std::int64_t code_views = 0;   ///< views of each image whose codes are averaged; 0: the image itself
  std::int64_t pixel_views = 0;  ///< views of each labelled image in a further baseline of pixels; 0: no such baseline
  AugmentationOptions views;     ///< how views differ from their image
  bool write_draws = false;
  void fields(Fields& visit) override;
};

/// The row ood: how well scores tell the images of the run's data set from others (paper, Table 5).
struct OodOptions final : Options {
  std::vector<std::string> sets;  ///< names of data sets; empty: chosen by the run's data set
  std::vector<std::string> scores{"log_density", "gradient_norm"};  ///< also typicality, confidence, refinement
  std::int64_t bootstrap = 1000;                                    ///< draws for the intervals, 1 or more
  void fields(Fields& visit) override;
};

/// The row confusion: k-nearest-neighbour classification (paper, Appendix F).
struct ConfusionOptions final : Options {
  std::int64_t k = 1;
  std::vector<std::string> spaces{"pixels", "latent"};
  void fields(Fields& visit) override;
};

/// The row calibration: how well p(y | x) is calibrated.
struct CalibrationOptions final : Options {
  std::int64_t bins = 15;  ///< of equal width, of the largest p(y | x)
  void fields(Fields& visit) override;
};

/// The row neighbors: pictures of nearest neighbours in several spaces (paper, Figure 1).
struct NeighborsOptions final : Options {
  explicit NeighborsOptions(const Catalog& known) : catalog(&known) {}
  std::int64_t queries = 8;
  std::int64_t k = 5;
  std::vector<std::string> spaces{"pixels", "latent"};
  std::vector<std::string> runs;  ///< directories of other runs whose codes are shown too
  const Catalog* catalog;         ///< to open `runs` with
  void fields(Fields& visit) override;
};

/// The row scores: columns of every image as .npy and .csv.
struct ScoresOptions final : Options {
  std::vector<std::string> columns{"label",  "latent",      "latent_variance", "responsibilities",
                                   "energy", "log_density", "gradient_norm"};
  std::int64_t csv_width = 16;  ///< wider vectors are left out of the .csv
  void fields(Fields& visit) override;
};

/// The row samples: how near the model's samples are to the data, in the feature space of a small classifier.
struct SamplesOptions final : Options {
  std::int64_t buffer = 10000;           ///< images of the replay buffer, at most; 0: none
  std::int64_t chains = 1000;            ///< fresh chains; 0: none
  std::int64_t steps = 500;              ///< of each fresh chain
  std::string init = "noise";            ///< where they start (sampling.h)
  std::int64_t generated = 10000;        ///< images of a generator
  std::int64_t images = 10000;           ///< images of each split to compare samples with, at most; 10 or more
  std::int64_t validation = 0;           ///< training images in place of the test images; 0: the test images
  std::string features = "classifier";   ///< or pca, for sets without labels
  std::int64_t classifier_steps = 1000;  ///< gradient steps of the classifier's training
  void fields(Fields& visit) override;
};

/// The row chains: how fast long chains of the run's sampler mix.
struct ChainsOptions final : Options {
  std::int64_t chains = 16;
  std::int64_t steps = 2000;
  std::int64_t every = 5;          ///< steps between two recorded draws
  std::string init = "noise";      ///< where they start (sampling.h)
  double warmup = 0.5;             ///< share of the draws that the statistics leave out
  std::int64_t projections = 4;    ///< random directions of the image
  std::int64_t longest_lag = 100;  ///< of the plotted autocorrelations, in draws
  void fields(Fields& visit) override;
};

/// The row log-partition: log Z by annealed importance sampling, and with it log p(x) of the test images.
struct LogPartitionOptions final : Options {
  double temperature = 1.0;           ///< T of p(x) = exp{-E(x) / T} / Z; 0: the sampler's
  std::string base = "uniform";       ///< on [-1, 1]; gaussian: on all reals, fitted to the training images
  std::int64_t chains = 64;           ///< in each direction, 2 or more
  std::int64_t distributions = 1000;  ///< steps of beta from base to model, 2 or more
  std::int64_t leapfrog_steps = 2;    ///< of each Hamiltonian transition
  double acceptance = 0.8;            ///< target of the pilot's step sizes
  std::int64_t pilot = 16;            ///< chains that choose step sizes and path, 2 or more
  std::string reverse = "buffer";     ///< where reverse chains start: buffer, chains or none
  std::int64_t reverse_steps = 500;   ///< of the run's sampler for them, if reverse is chains
  std::int64_t images = 10000;        ///< test images, at most
  void fields(Fields& visit) override;
};

/// The row likelihood: ELBO and importance-weighted bounds of a VAE.
struct LikelihoodOptions final : Options {
  std::vector<std::int64_t> samples{10};  ///< S of each bound
  void fields(Fields& visit) override;
};

}  // namespace cebm
