#include "eval/evaluators/samples.h"

#include <cebm/errors.h>
#include <cebm/figures.h>
#include <cebm/files.h>
#include <cebm/generation.h>
#include <cebm/image_io.h>
#include <cebm/samples_result.h>
#include <cebm/sampling.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <array>

#include "eval/evaluators/run_of.h"
#include "eval/evaluators/split_classes.h"
#include "eval/features/classifier_cache.h"
#include "eval/features/image_features.h"
#include "eval/statistics/label_draws.h"

namespace cebm {

namespace {

constexpr const char* kSamples = "samples";
constexpr const char* kClassifier = "classifier";
constexpr const char* kPca = "pca";
const std::array<std::string, 2> kFeatureSpaces{kClassifier, kPca};
constexpr std::int64_t kComponents = 64;
constexpr std::int64_t kShown = 100;  // images of each source in its picture

enum SamplesSide : std::size_t { kReferenceTrain, kReferenceTest };

struct DrawnSource {
  std::string name;
  std::string from;
  torch::Tensor images;  ///< float, in [-1, 1]
};

/// Which of `count` images are compared, `most` at most. In random order even where it is all of them: sets may be
/// sorted by class, and the first of these rows stand for all.
torch::Tensor rows_compared(std::int64_t count, std::int64_t most, std::uint64_t seed) {
  return torch::tensor(random_subset(count, std::min(count, most), {seed, Stream::evaluation}), torch::kLong);
}

Dataset with_rows(const Dataset& data, const torch::Tensor& rows) {
  Dataset some = data;
  some.images = data.images.index_select(0, rows);
  some.labels = data.labels.index_select(0, rows);
  return some;
}

class Samples final : public Evaluator {
 public:
  Samples(const SamplesOptions& options, const EvaluatorContext& context) : options_(options), context_(context) {}

  std::vector<Feed> feeds() const override {
    std::vector<Feed> feeds{{context_.own.data, "train"}};
    if (options_.validation == 0) feeds.push_back({context_.own.data, "test"});
    return feeds;
  }

  void begin(std::size_t feed, const Dataset& data) override {
    if (options_.features == kClassifier) require_labels_of(data);
    if (feed == kReferenceTrain && options_.features == kPca) require_images(data, 2, kSamples, "features: pca");
    sets_[feed] = data;
  }

  void add(std::size_t, EvaluationBatch&) override {}

  nlohmann::json finish(const std::filesystem::path& directory) override {
    const torch::NoGradGuard no_graph;
    if (options_.validation > 0) split();
    if (options_.features == kClassifier) {
      require_same_classes(sets_[kReferenceTrain].classes, sets_[kReferenceTest].classes, kSamples,
                           sets_[kReferenceTest].name);
    }
    const std::vector<DrawnSource> sources = draw();
    const torch::Tensor train = compared(kReferenceTrain);
    SamplesResult result{sets_[kReferenceTest].name, 0, {}};
    result.validation = options_.validation;
    const auto classifier = options_.features == kClassifier ? trained_classifier() : nullptr;
    const auto features =
        classifier ? classifier_features(classifier, train) : principal_components(train, kComponents);
    result.features = features->describe();
    if (classifier) add_accuracy(*classifier, result);

    const PointSet real(features_of(*features, compared(kReferenceTest)), "samples: the " + reference_images());
    result.test_images = real.size();
    const torch::Tensor train_features = features_of(*features, train);
    for (const DrawnSource& source : sources) {
      result.sources.push_back(compared_with(real, source, features_of(*features, source.images), train_features));
      if (classifier) result.sources.back().class_shares = class_shares(classify(*classifier, source.images));
      write_png(directory / picture_of(source.name), picture(source));
    }
    if (classifier) write_file_atomically(directory / "class_shares.svg", heat_map_svg(class_map(result)));
    sets_ = {};
    return result.to_json();
  }

 private:
  void require_labels_of(const Dataset& data) const {
    try {
      require_labels(data, 0, kSamples);
    } catch (const DataError& error) {
      throw DataError(std::string(error.what()) + "; features: pca needs no labels");
    }
  }

  void say(const std::string& text) const {
    if (context_.message) context_.message(std::string(kSamples) + ": " + text);
  }

  /// Keeps training images apart in place of the test set.
  void split() {
    const Dataset all = sets_[kReferenceTrain];
    const ValidationSplit rows = split_for_validation(all.size(), options_.validation, context_.seed, kSamples);
    sets_[kReferenceTrain] = with_rows(all, rows.rest);
    sets_[kReferenceTest] = with_rows(all, rows.validation);
    if (options_.features == kPca) {
      require_images(sets_[kReferenceTrain], 2, kSamples, "features: pca beside the images of validation");
    }
  }

  std::string reference_images() const { return options_.validation > 0 ? "validation images" : "test images"; }

  /// The images of a split that are compared, as bytes, in random order.
  torch::Tensor compared(std::size_t side) const {
    const torch::Tensor& images = sets_[side].images;
    return images.index_select(0, rows_compared(images.size(0), options_.images, context_.seed));
  }

  std::shared_ptr<Classifier> trained_classifier() const {
    const Dataset& data = sets_[kReferenceTrain];
    const auto classes = std::ssize(data.classes);
    ClassifierTraining training;
    training.steps = options_.classifier_steps;
    const ClassifierCache cache(context_.cache, fingerprint(data, classes, training));
    if (auto known = cache.load(data.image_shape(), classes)) return known;
    say("trains a classifier on " + data.name + ", " + std::to_string(training.steps) + " steps");
    const auto classifier = train_classifier(data, classes, training, [&](std::uint64_t done) {
      report_progress(context_, "train classifier", done, static_cast<std::uint64_t>(training.steps));
    });
    cache.store(*classifier);
    return classifier;
  }

  void add_accuracy(Classifier& classifier, SamplesResult& result) const {
    const Dataset& test = sets_[kReferenceTest];
    const torch::Tensor right = classify(classifier, test.images).eq(test.labels);
    result.classifier_accuracy =
        static_cast<double>(right.sum().item<std::int64_t>()) / static_cast<double>(test.size());
    result.classes = test.classes;
  }

  std::vector<double> class_shares(const torch::Tensor& predicted) const {
    const torch::Tensor counts = predicted.bincount({}, std::ssize(sets_[kReferenceTest].classes));
    std::vector<double> shares;
    for (std::int64_t k = 0; k < counts.size(0); ++k) {
      shares.push_back(static_cast<double>(counts[k].item<std::int64_t>()) / static_cast<double>(predicted.size(0)));
    }
    return shares;
  }

  std::vector<DrawnSource> draw() const {
    const OpenedRun& run = run_of(context_, kSamples);
    std::vector<DrawnSource> sources;
    if (dynamic_cast<const Generator*>(run.model.get()) != nullptr) {
      if (options_.generated > 0) sources.push_back(from_generator(run));
    } else {
      if (options_.buffer > 0) add_buffer(run, sources);
      if (options_.chains > 0) sources.push_back(from_chains(run));
    }
    if (sources.empty()) throw ConfigError("samples: expected images to compare, found none asked for");
    return sources;
  }

  DrawnSource from_generator(const OpenedRun& run) const {
    return {"generator", "draws from the prior",
            draw_from_prior(run, {options_.generated, {}, context_.seed}, device_of(*run.model))};
  }

  void add_buffer(const OpenedRun& run, std::vector<DrawnSource>& sources) const {
    const torch::Tensor images = replay_images(run);
    if (!images.defined()) return say("this run keeps no replay buffer");
    sources.push_back({"buffer", "replay buffer at step " + std::to_string(run.checkpoint.step),
                       images.index_select(0, rows_compared(images.size(0), options_.buffer, context_.seed))});
  }

  DrawnSource from_chains(const OpenedRun& run) const {
    SampleRequest request;
    request.count = options_.chains;
    request.steps = options_.steps;
    request.seed = context_.seed;
    request.start = chain_starts(run, options_.init, options_.chains, context_.seed,
                                 [&] { return std::make_shared<Dataset>(sets_[kReferenceTrain]); },
                                 {"samples: init", "samples: chains"});
    SampleResult drawn = draw_samples(
        run, request, device_of(*run.model),
        [&](std::uint64_t done, std::uint64_t total) { report_progress(context_, "sample", done, total); });
    return {"chains", std::to_string(options_.steps) + " steps of the run's sampler from " + options_.init,
            std::move(drawn.images)};
  }

  /// `train`: features of the training images, in random order.
  SamplesResult::Source compared_with(const PointSet& real, const DrawnSource& source, const torch::Tensor& features,
                                      const torch::Tensor& train) const {
    say("compares " + std::to_string(features.size(0)) + " images, " + source.from);
    SamplesResult::Source result{source.name, source.from, features.size(0), {}, {}};
    result.quality = compare(real, PointSet(features, "samples: " + source.name));
    result.floor_images = std::min(result.images, train.size(0));
    result.floor = compare(real, PointSet(train.narrow(0, 0, result.floor_images), "samples: the training images"));
    if (result.floor_images < result.images && context_.message) {
      context_.message("warning: samples: beside " + std::to_string(result.images) + " images, " + source.from +
                       ", there are " + std::to_string(result.floor_images) +
                       " training images to compare with (images: " + std::to_string(options_.images) +
                       "): distances of unequal numbers do not compare");
    }
    return result;
  }

  static torch::Tensor classify(const Classifier& classifier, const torch::Tensor& images) {
    std::vector<torch::Tensor> classes;
    for (const torch::Tensor& part : images.split(512)) {
      const torch::Tensor x = part.scalar_type() == torch::kByte ? to_float(part) : part.clamp(-1.0, 1.0);
      classes.push_back(map_rows(x, [&](const torch::Tensor& rows, std::int64_t) {
        return classifier.logits(classifier.features(rows)).argmax(1);
      }));
    }
    return torch::cat(classes);
  }

  static Picture picture(const DrawnSource& source) {
    const std::int64_t shown = std::min(kShown, source.images.size(0));
    return make_grid(source.images.narrow(0, 0, shown), {.columns = 20});
  }

  HeatMap class_map(const SamplesResult& result) const {
    HeatMap map{"Classes of the images, by the classifier", "images", "class", {}, result.classes, {}};
    const Dataset& test = sets_[kReferenceTest];
    std::vector<std::vector<double>> shares{class_shares(test.labels)};
    map.rows.push_back(reference_images() + " (labels)");
    for (const SamplesResult::Source& source : result.sources) {
      map.rows.push_back(source.name);
      shares.push_back(source.class_shares);
    }
    map.shares = torch::empty({std::ssize(shares), std::ssize(result.classes)}, torch::kDouble);
    for (std::size_t row = 0; row < shares.size(); ++row) {
      map.shares[static_cast<std::int64_t>(row)].copy_(torch::tensor(shares[row], torch::kDouble));
    }
    return map;
  }

  static std::string picture_of(const std::string& source) { return "samples_" + source + ".png"; }

  SamplesOptions options_;
  EvaluatorContext context_;
  std::array<Dataset, 2> sets_;
};

}  // namespace

void SamplesOptions::fields(Fields& visit) {
  visit.integer("buffer", buffer, {0, 10000000}, "most images of the replay buffer; 0: none");
  visit.integer("chains", chains, {0, 1000000}, "fresh chains; 0: none");
  visit.integer("steps", steps, {0, 100000000}, "steps of each");
  visit.word("init", init, chain_start_names(), "where they start");
  visit.integer("generated", generated, {0, 10000000}, "images of a generator; 0: none");
  visit.integer("images", images, {10, 10000000}, "most images of each split that samples are compared with");
  visit.integer("validation", validation, {0, 1000000000},
                "for choices: training images that samples are compared with in place of the test images; 0: the test "
                "images are");
  visit.word("features", features, kFeatureSpaces,
             "what images are compared in: a small classifier's last layer but one, or principal components of pixels");
  visit.when({features == kClassifier, "features: classifier"}, [&] {
    visit.integer("classifier_steps", classifier_steps, {1, 1000000}, "gradient steps of the classifier's training");
  });
}

std::shared_ptr<Evaluator> make_samples(const SamplesOptions& options, const EvaluatorContext& context) {
  const Model* const model = context.model.get();
  if (dynamic_cast<const Generator*>(model) == nullptr && dynamic_cast<const EnergyModel*>(model) == nullptr) {
    throw ConfigError("samples: this run's model draws no images");
  }
  return std::make_shared<Samples>(options, context);
}

}  // namespace cebm
