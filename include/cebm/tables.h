/// Tables of the results of many runs: the paper's Tables 1 and 5 with its own numbers, nearest neighbours, samples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

struct FewLabelAccuracy {
  std::string space;          ///< latent, pixels, untrained_latent, ...
  std::string labels;         ///< per class, "10"; "full": all
  double accuracy;            ///< mean over the draws, in [0, 1]
  bool standardised = false;  ///< each feature scaled before the classifier
  double cost = 1.0;          ///< the classifier's C; the paper's is 1
};

struct OodRanking {
  std::string score;  ///< log_density, gradient_norm, ...
  std::string other;  ///< the other set
  double auroc;       ///< all in [0, 1]
  double aupr;
  double fpr95;
  std::string other_set = {};  ///< SHA-256 of the other set's images and labels; empty if unknown
};

struct NearestAccuracy {
  std::string space;  ///< latent, pixels, ...
  std::int64_t k;     ///< neighbours that vote
  double accuracy;    ///< share of the test images
};

struct SampleMeasure {
  std::string source;   ///< buffer, chains, generator
  std::string measure;  ///< frechet, recall, ...
  double value;         ///< a share in percent, except frechet
  bool lower_is_better;
  std::string features = {};  ///< what images were compared in, for people; other features are in another table
};

/// Where the numbers of one evaluator come from.
struct ResultBasis {
  std::string test_set = {};  ///< SHA-256 of the scored images and labels, a column for each; empty if unknown
  /// The options that the numbers depend on and the SHA-256 of the training images; empty without a result. Means are
  /// over results with the same.
  std::string protocol = {};
  bool operator==(const ResultBasis&) const = default;
};

/// What the tables need of one run: its configuration and the results below <run>/eval.
struct RunResults {
  std::filesystem::path directory;
  std::string model;          ///< registered name
  std::string data;           ///< the set that it was trained on
  std::string configuration;  ///< resolved, without train.seed: equal for runs that differ in their seed alone
  std::vector<FewLabelAccuracy> few_labels;
  std::vector<OodRanking> ood;
  std::vector<std::string> notes;  ///< why something is missing, fit to be shown to a user
  std::vector<NearestAccuracy> nearest = {};
  std::vector<SampleMeasure> samples = {};
  std::string place = {};       ///< name of the folder that data.path names; empty for sets without
  bool learned_labels = false;  ///< by the objective: rows of their own, without the paper's numbers
  ResultBasis few_labels_from = {};
  ResultBasis ood_from = {};
  ResultBasis nearest_from = {};
  ResultBasis samples_from = {};
};

/// Reads the configuration of the newest checkpoint (of the run, if there is none yet) and
/// <run>/eval/{few-shot,ood,confusion,samples}/result.json. A result of another configuration, of validation images,
/// of another split or set than the run's own test set, with --data-option, or of the last weights where the run keeps
/// an average, counts as missing. The run's components need not be registered in this program.
/// Throws CheckpointError if the folder is not a run; ConfigError, DataError that name a damaged file.
RunResults read_run_results(const std::filesystem::path& run);

struct TableCell {
  std::vector<double> ours = {};  ///< percent, one for each run; empty: missing
  std::optional<double> paper = {};
  bool best = false;  ///< of our values in the column, at the precision shown; models and baselines alike

  double mean() const;  ///< NaN where ours is missing
  /// Sample standard deviation; none for fewer than two runs.
  std::optional<double> std() const;
};

struct TableRow {
  std::string name;
  bool baseline = false;         ///< listed below the models
  std::vector<TableCell> cells;  ///< one for each column
};

struct ResultTable {
  std::string title;
  std::string caption;
  std::vector<std::string> head_names;          ///< names of the levels of the columns' headings
  std::vector<std::vector<std::string>> heads;  ///< [column][level]
  std::vector<TableRow> rows;
};

/// Table 1: test accuracy with few labels; a column for each number of labels per class on each test set, a row for
/// each model of the paper and of the runs. Baselines: pixels, and each model's untrained network. Runs that differ
/// only in train.seed share a row if they were evaluated alike (ResultBasis::protocol); other configurations and
/// evaluations of one model have rows of their own, with the name of a run's folder. So have runs whose objective uses
/// labels, without the paper's numbers, which are of models that have seen none. Test sets of one name, told apart
/// by their checksums, have columns of their own. `all_sets`: also the paper's columns on which no run was trained.
ResultTable few_label_table(const std::vector<RunResults>& runs, bool all_sets = false);

/// Table 5: how well scores tell other data sets from a run's own, in-distribution being the positive class. `metric`
/// is auroc, aupr or fpr95; the paper has auroc only.
ResultTable ood_table(const std::vector<RunResults>& runs, const std::string& metric = "auroc", bool all_sets = false);

/// Accuracy of the nearest training image's class: a column for each data set and number of neighbours, a row for each
/// run's code; the pixels as a baseline. No rows if no run has such a result.
ResultTable nearest_table(const std::vector<RunResults>& runs);

/// How near samples are to the data (sample_quality.h): Frechet distance, then shares in percent; a column for each
/// source of samples, a table for each kind of features. None if no run has such a result.
std::vector<ResultTable> samples_tables(const std::vector<RunResults>& runs);

/// A cell reads "ours (paper, difference)", ours as "mean +- std [n]" for several runs.
std::string to_markdown(const ResultTable& table);
/// For the package booktabs.
std::string to_latex(const ResultTable& table);
/// A line for each cell: row, the levels of the column's heading, ours, std, n, paper, difference, best.
std::string to_csv(const ResultTable& table);

}  // namespace cebm
