#include <cebm/samples_result.h>
#include <gmock/gmock.h>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

using testing::HasSubstr;

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
  std::vector<std::string> said;
  const EvaluatorEntry& row = catalog_.evaluators.find("samples");
  const auto options = row.options(catalog_);
  read_options(parse_config("{chains: 6, steps: 1, classifier_steps: 30}"), *options);
  const auto evaluator =
      row.build(*options, EvaluatorContext{.model = run_->model,
                                           .own = {"noisy"},
                                           .message = [&](const auto& text) { said.push_back(text); },
                                           .run = run_.get(),
                                           .cache = cache_});
  evaluate(*run_, catalog_, {{"samples", evaluator, "again", folder_ / "again"}}, {});
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
