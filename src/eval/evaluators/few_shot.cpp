#include "eval/evaluators/few_shot.h"

#include <cebm/errors.h>
#include <cebm/few_shot_result.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/logistic_regression.h>
#include <cebm/report.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "eval/evaluators/split_classes.h"
#include "eval/statistics/label_draws.h"
#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

const std::array<std::string, 4> kSpaces{"latent", "latent_mean", "natural_parameters", "responsibilities"};

enum Side : std::size_t { kTrain, kTest };

/// Training and test features of one space, gathered batch by batch.
struct Space {
  std::string name;
  std::array<std::vector<torch::Tensor>, 2> parts = {};
  torch::Tensor features(Side side) const { return parts[side].size() == 1 ? parts[side][0] : torch::cat(parts[side]); }
};

class FewShot final : public Evaluator {
 public:
  FewShot(const FewShotOptions& options, const EvaluatorContext& context)
      : options_(options), own_(context.own), seed_(context.seed), message_(context.message) {
    std::ranges::sort(options_.shots);
    const auto repeated = std::ranges::unique(options_.shots);
    options_.shots.erase(repeated.begin(), repeated.end());
    spaces_.push_back({options_.space});
    if (options_.baselines) {
      spaces_.push_back({kPixels});
      spaces_.push_back({kUntrained});
    }
  }

  std::vector<Feed> feeds() const override { return {{own_.data, "train"}, {own_.data, "test"}}; }

  void begin(std::size_t feed, const Dataset& data) override {
    const std::int64_t most = options_.shots.empty() ? 1 : options_.shots.back();
    require_labels(data, feed == kTrain ? most : 0, "few-shot");
    labels_[feed] = data.labels;
    classes_[feed] = data.classes;
    if (!classes_[kTrain].empty() && !classes_[kTest].empty()) {
      require_same_classes(classes_[kTrain], classes_[kTest], "few-shot", data.name);
    }
    for (Space& space : spaces_) {
      space.parts[feed].clear();
      // Bytes, so that the baseline is the same for models of either pixel range.
      if (space.name == kPixels) space.parts[feed] = {data.images.flatten(1)};
    }
  }

  void add(std::size_t feed, EvaluationBatch& batch) override {
    for (Space& space : spaces_) {
      if (space.name != kPixels) space.parts[feed].push_back(batch.column(space.name).flatten(1));
    }
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    draw();
    FewShotResult result{options_.shots, options_.draws, {}};
    for (Space& space : spaces_) result.spaces[space.name] = evaluate(space);
    write_file_atomically(directory / "few_shot.svg", chart_svg(chart(result)));
    if (options_.write_draws) write_npy(directory / "draws.npy", drawn_tensor());
    return result.to_json();
  }

 private:
  std::int64_t count_of_classes() const { return std::ssize(classes_[kTrain]); }

  void draw() {
    draws_.clear();
    for (std::int64_t d = 0; d < options_.draws && !options_.shots.empty(); ++d) {
      draws_.push_back(draw_labels(labels_[kTrain], count_of_classes(), options_.shots.back(), seed_, d));
    }
  }

  torch::Tensor drawn_tensor() const {
    std::vector<std::int64_t> all;
    for (const auto& drawn : draws_) {
      for (const auto& of_class : drawn) all.insert(all.end(), of_class.begin(), of_class.end());
    }
    return torch::tensor(all, torch::kInt64).view({std::ssize(draws_), count_of_classes(), -1});
  }

  FewShotResult::Space evaluate(Space& space) const {
    const torch::Tensor train = space.features(kTrain);
    const torch::Tensor test = space.features(kTest);
    space.parts = {};
    FewShotResult::Space result;
    for (const std::int64_t shots : options_.shots) {
      say(space.name + ", " + std::to_string(shots) + " of each class");
      std::vector<double> accuracies;
      for (const auto& drawn : draws_) accuracies.push_back(accuracy(train, test, first_of_each(drawn, shots)));
      const MeanEstimate estimate = estimate_mean(accuracies);
      result.few[shots] = {estimate.mean, estimate.std, estimate.low, estimate.high, std::move(accuracies)};
    }
    if (options_.full) add_full(space.name, train, test, result);
    return result;
  }

  void add_full(const std::string& space, const torch::Tensor& train, const torch::Tensor& test,
                FewShotResult::Space& result) const {
    const double gib = static_cast<double>(one_vs_rest_bytes(train)) / 0x1p30;
    if (gib > options_.memory_gib) {
      std::array<char, 160> reason{};
      std::snprintf(reason.data(), reason.size(),
                    "the classifier of all images needs %.1f GiB, more than memory_gib allows: %g", gib,
                    options_.memory_gib);
      say(space + ": left out: " + reason.data());
      result.full_left_out = reason.data();
      return;
    }
    say(space + ", all " + std::to_string(train.size(0)));
    std::vector<std::int64_t> rows(static_cast<std::size_t>(train.size(0)));
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    result.full = accuracy(train, test, rows);
  }

  double accuracy(const torch::Tensor& train, const torch::Tensor& test, const std::vector<std::int64_t>& rows) const {
    const torch::Tensor weights = fit_one_vs_rest(train, labels_[kTrain], count_of_classes(), rows);
    const torch::Tensor right = predict_one_vs_rest(weights, test).eq(labels_[kTest]);
    return static_cast<double>(right.sum().item<std::int64_t>()) / static_cast<double>(test.size(0));
  }

  Chart chart(const FewShotResult& result) const {
    Chart chart{"Few-label accuracy", "labels per class", "test accuracy in %", {}, /*log_x=*/true};
    for (const Space& space : spaces_) {
      const FewShotResult::Space& of_space = result.spaces.at(space.name);
      Curve curve{space.name, {}, {}};
      const auto add = [&](double labels, double accuracy) {
        curve.x.push_back(labels);
        curve.y.push_back(100.0 * accuracy);
      };
      for (const auto& [shots, accuracy] : of_space.few) add(static_cast<double>(shots), accuracy.mean);
      if (of_space.full) {
        add(static_cast<double>(labels_[kTrain].size(0)) / static_cast<double>(count_of_classes()), *of_space.full);
      }
      chart.curves.push_back(std::move(curve));
    }
    return chart;
  }

  void say(const std::string& text) const {
    if (message_) message_("few-shot: " + text);
  }

  FewShotOptions options_;
  Feed own_;
  std::uint64_t seed_;
  std::function<void(const std::string&)> message_;
  std::vector<Space> spaces_;
  std::array<torch::Tensor, 2> labels_;
  std::array<std::vector<std::string>, 2> classes_;
  std::vector<std::vector<std::vector<std::int64_t>>> draws_;  ///< draw, class, image
};

}  // namespace

void FewShotOptions::fields(Fields& visit) {
  visit.integers("shots", shots, {1, 1000000}, "numbers of labels per class");
  visit.integer("draws", draws, {2, 1000}, "random draws of the labelled images for each number");
  visit.word("space", space, kSpaces, "the model's code that is classified");
  visit.boolean("full", full, "also with all labels, once");
  visit.boolean("baselines", baselines, "also pixels and the code of the untrained network");
  visit.when({full, "full: true"}, [&] {
    visit.real("memory_gib", memory_gib, {0.0, 1e6}, "leave out a fit to all labels that needs more memory than this");
  });
  visit.boolean("write_draws", write_draws, "write which images were drawn, draws.npy [draws, classes, labels]");
}

std::shared_ptr<Evaluator> make_few_shot(const FewShotOptions& options, const EvaluatorContext& context) {
  if (!find_column(options.space).available(*context.model))
    throw ConfigError("few-shot: this run's model has no " + options.space);
  return std::make_shared<FewShot>(options, context);
}

}  // namespace cebm
