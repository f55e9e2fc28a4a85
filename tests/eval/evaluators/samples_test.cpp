#include "eval/evaluators/samples.h"

#include <cebm/image_io.h>
#include <cebm/report.h>
#include <cebm/samples_result.h>
#include <gmock/gmock.h>

#include "eval/evaluator_test.h"
#include "eval/statistics/label_draws.h"

namespace cebm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class SamplesEvaluator : public EvaluatorTest {
 protected:
  void SetUp() override {
    EvaluatorTest::SetUp();
    cache_ = folder_ / "cache";
    add_set("noisy", noisy_stripes(), make_stripes({}, {})->labels);
  }
  /// Of both classes in turn, no two alike.
  static torch::Tensor noisy_stripes() {
    const torch::Tensor noise = uniform({24, 1, 12, 10}, {.seed = 3}, 0.0F, 60.0F);
    return (make_stripes({}, {})->images.to(torch::kFloat) * 0.75 + noise).to(torch::kByte);
  }
  SamplesResult samples(const std::string& yaml, const Feed& own = {"noisy"}) const {
    return SamplesResult::from_json(result_of("samples", yaml, own));
  }
  /// What an evaluation into the folder `again` says.
  std::vector<std::string> messages_of(const std::string& yaml) const {
    std::vector<std::string> said;
    const EvaluatorEntry& row = catalog_.evaluators.find("samples");
    const auto options = row.options(catalog_);
    read_options(parse_config(yaml), *options);
    const auto evaluator =
        row.build(*options, EvaluatorContext{.model = run_->model,
                                             .own = {"noisy"},
                                             .message = [&](const auto& text) { said.push_back(text); },
                                             .run = run_.get(),
                                             .cache = cache_});
    evaluate(*run_, catalog_, {{"samples", evaluator, yaml, folder_ / "again"}}, {});
    return said;
  }
  /// The run keeps these images as its replay buffer.
  void set_buffer(const torch::Tensor& bytes) const {
    run_->checkpoint.parts.at("objective").tensors.at("images") = to_float(bytes).contiguous();
  }
  static std::string small() { return "{chains: 0, classifier_steps: 30}"; }
};

TEST_F(SamplesEvaluator, ABufferOfTestImagesIsAsGoodAsTheTrainingImages) {
  set_buffer(noisy_stripes());
  const SamplesResult result = samples(small());
  ASSERT_EQ(result.sources.size(), 1);
  const SamplesResult::Source& buffer = result.sources.front();
  EXPECT_EQ(buffer.name, "buffer");
  EXPECT_EQ(buffer.from, "replay buffer at step 1");
  EXPECT_EQ(buffer.images, 24);
  EXPECT_EQ(result.classifier_accuracy, 1.0);
  EXPECT_EQ(buffer.quality.precision, 1.0);
  EXPECT_EQ(buffer.quality.coverage, 1.0);
  EXPECT_NEAR(buffer.quality.frechet, 0.0, 1e-6);
  EXPECT_EQ(buffer.quality.kernel.value, buffer.floor.kernel.value) << "the splits are the same images";
  EXPECT_EQ(buffer.class_shares, (std::vector<double>{0.5, 0.5}));
}

TEST_F(SamplesEvaluator, ABufferOfOneClassHasPrecisionButNoCoverage) {
  set_buffer(noisy_stripes().index_select(0, torch::arange(0, 24, 2)));
  const SamplesResult result = samples(small());
  EXPECT_EQ(result.sources.front().quality.precision, 1.0);
  EXPECT_EQ(result.sources.front().quality.coverage, 0.5);
  EXPECT_EQ(result.sources.front().quality.recall, 0.5);
  EXPECT_GT(result.sources.front().quality.frechet, 0.1);
  EXPECT_EQ(result.sources.front().class_shares, (std::vector<double>{1.0, 0.0}));
}

TEST_F(SamplesEvaluator, TheFloorOfASetThatIsSortedByClassIsOfAllClasses) {
  const torch::Tensor of_class_0 = torch::arange(0, 24, 2);
  const torch::Tensor sorted = noisy_stripes().index_select(0, torch::cat({of_class_0, of_class_0 + 1}));
  add_set("sorted", sorted, torch::arange(24, torch::kInt64).ge(12).to(torch::kInt64));
  set_buffer(noisy_stripes().narrow(0, 0, 12));  // of both classes, half of the training images
  const SamplesResult result = samples("{chains: 0, features: pca}", {"sorted"});
  ASSERT_EQ(result.sources.size(), 1);
  EXPECT_GT(result.sources.front().quality.coverage, 0.8);
  EXPECT_GT(result.sources.front().floor.coverage, 0.8) << "the first training images alone cover half";
}

TEST_F(SamplesEvaluator, TheNumberOfTrainingImagesIsThatOfThoseCompared) {
  set_buffer(noisy_stripes());
  const std::string fewer = "{chains: 0, images: 10, features: pca}";
  const SamplesResult result = samples(fewer);
  EXPECT_EQ(result.sources.front().images, 24);
  EXPECT_EQ(result.sources.front().floor_images, 10);
  HtmlReport report("");
  samples_section({.result = result.to_json(), .directory = folder_ / "samples", .run_model = "", .run_data = ""},
                  report);
  EXPECT_THAT(report.html(), HasSubstr("<td>training images</td><td>10</td>"));
  EXPECT_THAT(messages_of(fewer),
              Contains("warning: samples: beside 24 images, replay buffer at step 1, there are 10 training images to "
                       "compare with (images: 10): distances of unequal numbers do not compare"));
  EXPECT_EQ(samples("{chains: 0, features: pca}").sources.front().floor_images, 24);
  EXPECT_THAT(messages_of("{chains: 0, features: pca}"), Not(Contains(HasSubstr("warning"))));
}

TEST_F(SamplesEvaluator, ValidationComparesWithTrainingImagesThatAreKeptApartAndReadsNoTestSet) {
  const ValidationSplit rows = split_for_validation(24, 8, 1, "");
  set_buffer(noisy_stripes().index_select(0, rows.validation));
  for (const std::string features : {"features: pca", "classifier_steps: 30"}) {
    const std::string options = "{chains: 0, validation: 8, " + features + "}";
    EXPECT_EQ(build("samples", options, {"noisy"})->feeds(), (std::vector<Feed>{{"noisy", "train"}}));
    const SamplesResult result = samples(options);
    EXPECT_EQ(result.validation, 8);
    EXPECT_EQ(result.test_images, 8);
    const SamplesResult::Source& buffer = result.sources.front();
    EXPECT_LT(buffer.quality.frechet, 0.01 * buffer.floor.frechet) << "the buffer holds them, the floor is of others";
    EXPECT_EQ(buffer.quality.coverage, 1.0);
    EXPECT_EQ(buffer.floor_images, 8);
    HtmlReport report("");
    samples_section({.result = result.to_json(), .directory = folder_ / "samples", .run_model = "", .run_data = ""},
                    report);
    EXPECT_THAT(report.html(), HasSubstr("8 training images (validation), not to test images"));
  }
  EXPECT_EQ(message_of<DataError>([&] { samples("{chains: 0, features: pca, validation: 24}"); }),
            "samples: validation: expected fewer images than the training set has (24), found 24");
}

TEST_F(SamplesEvaluator, ImagesOfValidationAreThoseOfFewShot) {
  result_of("few-shot", "{shots: [4], draws: 4, write_draws: true, scaling: none, full: false, validation: 8}",
            {"noisy"});
  const torch::Tensor drawn = read_npy(folder_ / "few-shot/draws.npy").flatten();
  EXPECT_FALSE(torch::isin(drawn, split_for_validation(24, 8, 1, "").validation).any().item<bool>());
}

TEST_F(SamplesEvaluator, SaysWhereTheSamplesCameFrom) {
  const SamplesResult result = samples("{chains: 7, steps: 3, init: data, buffer: 6, classifier_steps: 2}");
  ASSERT_EQ(result.sources.size(), 2);
  EXPECT_EQ(result.sources[0].images, 6);
  EXPECT_EQ(result.sources[1].from, "3 steps of the run's sampler from data");
  EXPECT_EQ(result.sources[1].images, 7);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "samples/samples_chains.png"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "samples/class_shares.svg"));
}

TEST_F(SamplesEvaluator, RunsOfOneDataSetShareAClassifier) {
  samples(small());
  const auto files = [&] {
    std::int64_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(cache_)) {
      count += entry.path().extension() == ".safetensors" ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(files(), 1);
  const std::vector<std::string> said = messages_of("{chains: 6, steps: 1, classifier_steps: 30}");
  EXPECT_EQ(files(), 1);
  for (const std::string& text : said) EXPECT_EQ(text.find("trains"), std::string::npos) << text;
}

TEST_F(SamplesEvaluator, ImagesWithoutLabelsAreComparedInTheirPixels) {
  add_set("bare", noisy_stripes(), torch::full({24}, -1, torch::kInt64));
  EXPECT_THAT(message_of<DataError>([&] { samples("{chains: 6, steps: 1}", {"bare"}); }),
              HasSubstr("expected a label for every image, found none for image 0; features: pca needs no labels"));
  const SamplesResult result = samples("{chains: 6, steps: 1, features: pca}", {"bare"});
  EXPECT_EQ(result.classifier_accuracy, std::nullopt);
  EXPECT_THAT(result.features, HasSubstr("64 principal components"));
  EXPECT_TRUE(result.sources.front().class_shares.empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "samples/class_shares.svg"));
}

TEST_F(SamplesEvaluator, PrincipalComponentsOfOneImageAreRefusedByTheirOption) {
  add_set("single", noisy_stripes().narrow(0, 0, 1), torch::zeros({1}, torch::kInt64));
  EXPECT_EQ(message_of<DataError>([&] { samples("{chains: 6, steps: 1, features: pca}", {"single"}); }),
            "samples: features: pca: data set single, split train: expected at least 2 images, found 1");
}

TEST_F(SamplesEvaluator, NoSourceAtAllIsAnError) {
  EXPECT_EQ(message_of<ConfigError>([&] { samples("{chains: 0, buffer: 0}"); }),
            "samples: expected images to compare, found none asked for");
}

}  // namespace
}  // namespace cebm
