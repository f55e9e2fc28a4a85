#include "eval/evaluators/few_shot.h"

#include <cebm/columns.h>
#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <cebm/few_shot_result.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/report.h>

#include <algorithm>
#include <array>

#include "eval/evaluators/few_shot_readout.h"
#include "eval/evaluators/spaces.h"
#include "eval/evaluators/split_classes.h"
#include "eval/statistics/feature_scale.h"
#include "eval/statistics/label_draws.h"

namespace cebm {

namespace {

const std::array<std::string, 5> kSpaces{"latent", "latent_mean", "natural_parameters", "responsibilities", "features"};

enum Side : std::size_t { kTrain, kTest };

/// First step number of random streams that no training reaches, for views.
constexpr std::uint64_t kViewStep = std::uint64_t{1} << 48U;

/// Training and test features of one space, gathered batch by batch.
struct Space {
  std::string name;
  std::string column = {};  ///< column requested from a batch; empty: the pixels as bytes
  bool of_views = false;    ///< the mean over an image's views
  bool fits_views = false;  ///< the classifier is fitted to views of the labelled images too
  std::array<std::vector<torch::Tensor>, 2> parts = {};
  torch::Tensor features(Side side) const { return parts[side].size() == 1 ? parts[side][0] : torch::cat(parts[side]); }
};

struct Scaling {
  std::string name;
  std::map<std::string, FewShotResult::Space> FewShotResult::*results;
  FeatureScale (*fit)(const torch::Tensor& train);
};

const std::array<Scaling, 2>& scalings() {
  static const std::array<Scaling, 2> table{
      {{"none", &FewShotResult::spaces, [](const torch::Tensor&) { return FeatureScale{}; }},
       {"standard", &FewShotResult::standardised, feature_scale}}};
  return table;
}

const std::vector<std::string>& scaling_names() {
  static const std::vector<std::string> names{scalings()[0].name, scalings()[1].name};
  return names;
}

/// Converts images from [-1, 1] to `range`. Noise beyond the range is clamped for the unit range, kept otherwise.
torch::Tensor in_range(const torch::Tensor& images, PixelRange range) {
  return range == PixelRange::symmetric ? images : images.add(1.0).div_(2.0).clamp_(0.0, 1.0);
}

class FewShot final : public Evaluator {
 public:
  FewShot(const FewShotOptions& options, const EvaluatorContext& context)
      : options_(options),
        model_(context.model),
        source_(*context.model),
        own_(context.own),
        learned_labels_(context.learned_labels),
        seed_(context.seed),
        message_(context.message),
        progress_(context.progress) {
    std::ranges::sort(options_.shots);
    const auto repeated = std::ranges::unique(options_.shots);
    options_.shots.erase(repeated.begin(), repeated.end());
    const bool of_views = options_.code_views > 0;
    for (const std::string& space : options_.spaces) {
      spaces_.push_back({.name = space + (of_views ? "_of_views" : ""), .column = space, .of_views = of_views});
    }
    if (options_.baselines) {
      spaces_.push_back({.name = kPixels});
      spaces_.push_back({.name = kUntrained, .column = kUntrained});
    }
    if (options_.pixel_views > 0) spaces_.push_back({.name = kPixelViews, .fits_views = true});
  }

  std::vector<Feed> feeds() const override {
    std::vector<Feed> feeds{{own_.data, "train"}};
    if (options_.validation == 0) feeds.push_back({own_.data, "test"});
    return feeds;
  }

  void begin(std::size_t feed, const Dataset& data) override {
    require_labels(data, feed == kTrain ? most_shots() : 0, "few-shot");
    labels_[feed] = data.labels;
    classes_[feed] = data.classes;
    if (!classes_[kTrain].empty() && !classes_[kTest].empty()) {
      require_same_classes(classes_[kTrain], classes_[kTest], "few-shot", data.name);
    }
    image_ = data.image_shape();
    for (Space& space : spaces_) {
      space.parts[feed].clear();
      // Bytes, so that the baseline is the same for models of either pixel range.
      if (space.column.empty()) space.parts[feed] = {data.images.contiguous().flatten(1)};
    }
  }

  void add(std::size_t feed, EvaluationBatch& batch) override {
    for (Space& space : spaces_) {
      if (space.column.empty()) continue;
      space.parts[feed].push_back(
          (space.of_views ? mean_over_views(space, batch) : batch.column(space.column)).flatten(1));
    }
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    split();
    draw();
    FewShotResult result{options_.shots, options_.draws, {}};
    result.cost = options_.cost;
    result.validation = options_.validation;
    std::uint64_t fits = 0;
    const FewShotReadout readout(
        options_, labels_, count_of_classes(), draws_, [&](const std::string& text) { say(text); },
        [&] {
          if (progress_) progress_("fit classifiers", fits++, most_fits());
        });
    for (Space& space : spaces_) evaluate(space, readout, result);
    write_file_atomically(directory / "few_shot.svg", chart_svg(chart(result)));
    if (options_.write_draws) write_npy(directory / "draws.npy", drawn_tensor());
    return result.to_json();
  }

 private:
  std::int64_t count_of_classes() const { return std::ssize(classes_[kTrain]); }
  /// Classifiers to fit in all.
  std::uint64_t most_fits() const {
    const std::uint64_t of_space = options_.shots.size() * draws_.size() + (options_.full ? 1 : 0);
    return spaces_.size() * options_.scaling.size() * of_space;
  }
  std::int64_t most_shots() const { return options_.shots.empty() ? 1 : options_.shots.back(); }
  RandomKey view_key(std::int64_t view) const {
    return {seed_, Stream::augmentation, kViewStep + static_cast<std::uint64_t>(view)};
  }

  /// An image's codes, averaged over its views.
  torch::Tensor mean_over_views(const Space& space, const EvaluationBatch& batch) {
    const PixelRange range = model_->pixel_range();
    const torch::Tensor images = to_symmetric(batch.images(), range);
    const torch::Tensor ids = torch::arange(batch.first(), batch.first() + batch.size(), torch::kInt64);
    torch::Tensor sum;
    for (std::int64_t view = 0; view < options_.code_views; ++view) {
      const torch::Tensor seen = in_range(augmented(images, ids, options_.views, view_key(view)), range);
      const torch::Tensor codes = compute_column(find_column(space.column), source_, seen, batch.first());
      sum = sum.defined() ? sum.add_(codes) : codes.clone();
    }
    return sum / static_cast<double>(options_.code_views);
  }

  /// Chooses the images to fit to and to score: the training and the test set, or parts of the training set.
  void split() {
    fitted_ = torch::arange(labels_[kTrain].size(0));
    if (options_.validation == 0) return;
    const ValidationSplit rows = split_for_validation(fitted_.size(0), options_.validation, seed_, "few-shot");
    fitted_ = rows.rest;
    scored_ = rows.validation;
    labels_[kTest] = labels_[kTrain].index_select(0, scored_);
    labels_[kTrain] = labels_[kTrain].index_select(0, fitted_);
    if (learned_labels_) say("the training used labels of the images of validation: expect less on other images");
  }

  FewShotSides sides_of(Space& space) const {
    const torch::Tensor train = space.features(kTrain);
    if (options_.validation == 0) return {train, space.features(kTest)};
    return {train.index_select(0, fitted_), train.index_select(0, scored_)};
  }

  void draw() {
    draws_.clear();
    for (std::int64_t d = 0; d < options_.draws && !options_.shots.empty(); ++d) {
      draws_.push_back(draw_labels(labels_[kTrain], count_of_classes(), most_shots(), seed_, d));
      for (std::size_t k = 0; k < draws_.back().size(); ++k) {
        if (const auto found = std::ssize(draws_.back()[k]); found < most_shots()) {
          throw DataError("few-shot: expected at least " + std::to_string(most_shots()) + " images of class '" +
                          classes_[kTrain][k] + "' beside those of validation, found " + std::to_string(found));
        }
      }
    }
  }

  /// The drawn images as indices into the training set, [draws, classes, labels].
  torch::Tensor drawn_tensor() const {
    std::vector<std::int64_t> all;
    for (const auto& drawn : draws_) {
      for (const auto& of_class : drawn) all.insert(all.end(), of_class.begin(), of_class.end());
    }
    return fitted_.index_select(0, torch::tensor(all, torch::kInt64))
        .view({std::ssize(draws_), count_of_classes(), -1});
  }

  void evaluate(Space& space, const FewShotReadout& readout, FewShotResult& result) const {
    const FewShotSides sides = sides_of(space);
    space.parts = {};
    FewShotReadout::More views;
    if (space.fits_views) views = [&](const torch::Tensor& rows) { return pixels_of_views(sides.train, rows); };
    for (const Scaling& scaling : scalings()) {
      if (std::ranges::find(options_.scaling, scaling.name) == options_.scaling.end()) continue;
      say(space.name + ", scaling " + scaling.name);
      (result.*scaling.results)[space.name] = readout.of(space.name, sides, scaling.fit(sides.train), views);
    }
  }

  /// Pixels in [0, 1] of views of the fitted images in `rows`: the first view of all images, then the second, ...
  torch::Tensor pixels_of_views(const torch::Tensor& pixels, const torch::Tensor& rows) const {
    const torch::Tensor images = (2.0 * numbers_of(pixels.index_select(0, rows)) - 1.0)
                                     .view({-1, image_.channels, image_.height, image_.width})
                                     .contiguous(torch::MemoryFormat::ChannelsLast);
    std::vector<torch::Tensor> views;
    for (std::int64_t view = 0; view < options_.pixel_views; ++view) {
      const torch::Tensor seen = augmented(images, fitted_.index_select(0, rows), options_.views, view_key(view));
      views.push_back(in_range(seen, PixelRange::unit).contiguous().flatten(1));
    }
    return torch::cat(views);
  }

  Chart chart(const FewShotResult& result) const {
    const std::string scored = result.validation > 0 ? "validation accuracy in %" : "test accuracy in %";
    Chart chart{"Few-label accuracy" + cost_text(result.cost), "labels per class", scored, {}, /*log_x=*/true};
    for (const Scaling& scaling : scalings()) {
      for (const auto& [name, of_space] : result.*scaling.results) {
        chart.curves.push_back(
            curve(name + (scaling.results == &FewShotResult::spaces ? "" : ", standardised"), of_space));
      }
    }
    return chart;
  }

  Curve curve(const std::string& name, const FewShotResult::Space& of_space) const {
    Curve curve{name, {}, {}};
    const auto add = [&](double labels, double accuracy) {
      curve.x.push_back(labels);
      curve.y.push_back(100.0 * accuracy);
    };
    for (const auto& [shots, accuracy] : of_space.few) add(static_cast<double>(shots), accuracy.mean);
    if (of_space.full) {
      add(static_cast<double>(labels_[kTrain].size(0)) / static_cast<double>(count_of_classes()), *of_space.full);
    }
    return curve;
  }

  void say(const std::string& text) const {
    if (message_) message_("few-shot: " + text);
  }

  FewShotOptions options_;
  std::shared_ptr<Model> model_;
  ColumnSource source_;  ///< for views, which no other evaluator requests
  Feed own_;
  bool learned_labels_;
  std::uint64_t seed_;
  std::function<void(const std::string&)> message_;
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress_;
  std::vector<Space> spaces_;
  ImageShape image_;
  std::array<torch::Tensor, 2> labels_;
  std::array<std::vector<std::string>, 2> classes_;
  torch::Tensor fitted_;  ///< indices into the training set of the images to fit to
  torch::Tensor scored_;  ///< and of those to score in place of the test set
  FewShotReadout::Draws draws_;
};

}  // namespace

void FewShotOptions::fields(Fields& visit) {
  visit.integers("shots", shots, {1, 1000000}, "numbers of labels per class");
  visit.integer("draws", draws, {2, 1000}, "random draws of the labelled images for each number");
  visit.words("spaces", spaces, kSpaces, "the model's codes that are classified");
  visit.words("scaling", scaling, scaling_names(),
              "of features: none, and standard, (x - mean) / deviation of the training images");
  visit.real("C", cost, {1e-9, 1e9},
             "weight of the labelled images against the classifier's penalty; the paper's is 1");
  visit.boolean("full", full, "also with all labels, once");
  visit.boolean("baselines", baselines, "also pixels and the code of the untrained network");
  visit.integer("validation", validation, {0, 1000000000},
                "for choices: training images that are scored in place of the test set; 0: the test set is");
  visit.integer("code_views", code_views, {0, 10000},
                "views of an image whose codes are averaged; 0: the image itself");
  visit.integer("pixel_views", pixel_views, {0, 10000},
                "views of each labelled image in a further baseline of pixels; 0: no such baseline");
  visit.when({code_views > 0 || pixel_views > 0, "code_views or pixel_views: above 0"},
             [&] { visit.section("views", views, "how views differ from their image"); });
  visit.boolean("write_draws", write_draws, "write which images were drawn, draws.npy [draws, classes, labels]");
}

std::shared_ptr<Evaluator> make_few_shot(const FewShotOptions& options, const EvaluatorContext& context) {
  require_spaces(options.spaces, context, "few-shot");
  if (options.scaling.empty()) throw ConfigError("few-shot: scaling: expected none, standard or both");
  if (options.write_draws && options.shots.empty()) {
    throw ConfigError("few-shot: write_draws: expected numbers of labels in shots to draw images for, found none");
  }
  options.views.require_ranges("few-shot.views");
  return std::make_shared<FewShot>(options, context);
}

}  // namespace cebm
