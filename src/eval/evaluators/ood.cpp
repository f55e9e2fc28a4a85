#include "eval/evaluators/ood.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/ood_result.h>

#include <algorithm>
#include <numeric>

#include "eval/statistics/histogram.h"

namespace cebm {

namespace {

struct Score {
  std::string name;
  std::string column;
  std::string label;  ///< of the axis
  bool needs_mean;    ///< of the column over the training set
  double (*of)(double value, double mean);
};

const std::vector<Score>& all_scores() {
  static const std::vector<Score> table{
      {"log_density", "log_density", "log p(x) + constant", false, [](double value, double) { return value; }},
      {"gradient_norm", "gradient_norm", "-|| d log p(x) / dx ||", false, [](double value, double) { return -value; }},
      {"typicality", "log_density", "-| log p(x) - mean of the training set |", true,
       [](double value, double mean) { return -std::abs(value - mean); }},
      {"confidence", "confidence", "max p(y | x)", false, [](double value, double) { return value; }},
      {"refinement", "refinement", "-(rise of log p(x) under the sampler)", false,
       [](double value, double) { return -value; }},
  };
  return table;
}

const Score& find_score(const std::string& name) {
  for (const Score& score : all_scores()) {
    if (score.name == name) return score;
  }
  throw ConfigError("ood.scores: unknown score '" + name + "'");
}

/// The sets of the paper's Table 5 for the run's data set; similar ones for data sets that are not in that table.
std::vector<std::string> default_sets(const std::string& own) {
  struct Row {
    std::string own;
    std::vector<std::string> others;
  };
  static const std::vector<Row> table{
      {"mnist", {"fashion_mnist", "emnist", "constant"}},
      {"fashion_mnist", {"mnist", "emnist", "constant"}},
      {"cifar10", {"svhn", "texture", "constant"}},
      {"svhn", {"cifar10", "texture", "constant"}},
  };
  for (const Row& row : table) {
    if (row.own == own) return row.others;
  }
  return {"constant"};
}

struct OtherSet {
  std::string name;
  std::string missing = {};
  std::map<std::string, std::vector<double>> columns = {};
};

class Ood final : public Evaluator {
 public:
  Ood(const OodOptions& options, const EvaluatorContext& context)
      : own_(context.own), bootstrap_(options.bootstrap), seed_(context.seed) {
    for (const std::string& name : options.scores) {
      scores_.push_back(find_score(name));
      const std::string& column = scores_.back().column;
      if (!find_column(column).available(*context.model)) throw ConfigError("ood: this run's model has no " + column);
      needs_mean_ = needs_mean_ || scores_.back().needs_mean;
    }
    if (scores_.empty()) throw ConfigError("ood.scores: expected at least one score");
    const bool chosen = !options.sets.empty();
    const std::string& own_data = own_.data.empty() ? context.run_data : own_.data;
    feeds_.push_back(own_);
    for (const std::string& set : chosen ? options.sets : default_sets(own_data)) {
      others_.push_back({set});
      feeds_.push_back({set, "test", !chosen, /*distinct=*/true});
    }
    if (needs_mean_) feeds_.push_back({own_.data, "train"});
  }

  std::vector<Feed> feeds() const override { return feeds_; }

  void begin(std::size_t feed, const Dataset& data) override {
    columns_of(feed).clear();
    if (feed == 0) in_ = {data.name, data.split, data.size(), {}};
  }

  void missing(std::size_t feed, const std::string& reason) override { others_.at(feed - 1).missing = reason; }

  void add(std::size_t feed, EvaluationBatch& batch) override {
    auto& columns = columns_of(feed);
    for (const std::string& name : columns_for(feed)) {
      const torch::Tensor values = batch.column(name).to(torch::kDouble).contiguous();
      const auto* begin = values.const_data_ptr<double>();
      columns[name].insert(columns[name].end(), begin, begin + values.numel());
    }
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    OodResult result = in_;
    for (const OtherSet& set : others_) result.sets[set.name].missing = set.missing;
    for (const Score& score : scores_) evaluate(score, result, directory);
    return result.to_json();
  }

 private:
  /// Columns that the scores need; of the training set only the density, whose mean typicality uses.
  std::vector<std::string> columns_for(std::size_t feed) const {
    if (feed > others_.size()) return {"log_density"};
    std::vector<std::string> names;
    for (const Score& score : scores_) {
      if (std::ranges::find(names, score.column) == names.end()) names.push_back(score.column);
    }
    // Its computation gives the density too.
    std::ranges::stable_partition(names, [](const std::string& name) { return name == "gradient_norm"; });
    return names;
  }

  std::map<std::string, std::vector<double>>& columns_of(std::size_t feed) {
    if (feed == 0) return own_columns_;
    return feed <= others_.size() ? others_[feed - 1].columns : train_columns_;
  }

  void evaluate(const Score& score, OodResult& result, const std::filesystem::path& directory) const {
    double mean = 0.0;
    if (score.needs_mean) {
      const std::vector<double>& train = train_columns_.at(score.column);
      mean = std::accumulate(train.begin(), train.end(), 0.0) / static_cast<double>(train.size());
    }
    const auto scored = [&](std::vector<double> values) {
      for (double& value : values) value = score.of(value, mean);
      return values;
    };
    std::vector<std::pair<std::string, std::vector<double>>> curves;
    curves.emplace_back(in_.data + " (in)", scored(own_columns_.at(score.column)));
    write_scores(directory / (score.name + "_in.npy"), curves.front().second);
    for (const OtherSet& set : others_) {
      if (!set.missing.empty()) continue;
      curves.emplace_back(set.name, scored(set.columns.at(score.column)));
      const auto& [name, values] = curves.back();
      write_scores(directory / (score.name + "_" + name + ".npy"), values);
      OodResult::OtherSet& of_set = result.sets.at(name);
      of_set.images = std::ssize(values);
      try {
        of_set.scores[score.name] = estimate_ranking(curves.front().second, values, bootstrap_, seed_);
      } catch (const NumericsError& error) {
        throw NumericsError("ood, " + score.name + " against " + name + ": " + error.what());
      }
    }
    write_file_atomically(
        directory / ("histogram_" + score.name + ".svg"),
        chart_svg(histogram_chart(score.name + "; the ends hold what lies beyond", score.label, curves)));
  }

  static void write_scores(const std::filesystem::path& file, const std::vector<double>& values) {
    write_npy(file, torch::tensor(values, torch::kDouble));
  }

  Feed own_;
  std::int64_t bootstrap_;
  std::uint64_t seed_;
  std::vector<Score> scores_;
  bool needs_mean_ = false;
  std::vector<Feed> feeds_;
  std::vector<OtherSet> others_;
  OodResult in_;  ///< so far only the run's own set
  std::map<std::string, std::vector<double>> own_columns_;
  std::map<std::string, std::vector<double>> train_columns_;
};

}  // namespace

void OodOptions::fields(Fields& visit) {
  visit.texts("sets", sets, "other data sets; none: those of the paper for the run's data set");
  visit.words("scores", scores, ood_scores(), "how images are scored");
  visit.integer("bootstrap", bootstrap, {1, 1000000}, "resamples for the 95% intervals");
}

std::vector<std::string> ood_scores() {
  std::vector<std::string> names;
  for (const Score& score : all_scores()) names.push_back(score.name);
  return names;
}

std::shared_ptr<Evaluator> make_ood(const OodOptions& options, const EvaluatorContext& context) {
  return std::make_shared<Ood>(options, context);
}

}  // namespace cebm
