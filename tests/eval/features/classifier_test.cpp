#include <ATen/Parallel.h>
#include <cebm/module_state.h>
#include <gtest/gtest.h>

#include "contract/stripes.h"
#include "eval/features/classifier_cache.h"
#include "eval/features/image_features.h"
#include "support/folder_test.h"

namespace cebm::classifier_test {
namespace {

const ClassifierTraining kShort{.steps = 40, .batch_size = 16};

Dataset data() { return *make_stripes({}, {}); }

double accuracy(const Classifier& classifier, const Dataset& set) {
  const torch::NoGradGuard no_graph;
  return classifier.logits(classifier.features(to_float(set.images)))
      .argmax(1)
      .eq(set.labels)
      .to(torch::kDouble)
      .mean()
      .item<double>();
}

bool same_weights(const Classifier& a, const Classifier& b) {
  const State one = module_state(a);
  const State other = module_state(b);
  for (const auto& [name, tensor] : one.tensors) {
    if (!tensor.equal(other.tensors.at(name))) return false;
  }
  return one.tensors.size() == other.tensors.size();
}

TEST(Classifier, LearnsWhatTellsTheClassesApart) {
  EXPECT_EQ(accuracy(*train_classifier(data(), 2, kShort), data()), 1.0);
}

TEST(Classifier, HasTheSameWeightsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = train_classifier(data(), 2, {.steps = 3, .batch_size = 24});
  at::set_num_threads(3);
  const auto three = train_classifier(data(), 2, {.steps = 3, .batch_size = 24});
  at::set_num_threads(threads);
  EXPECT_TRUE(same_weights(*one, *three));
}

TEST(Classifier, TakesImagesOfAnySize) {
  for (const std::int64_t side : {1, 2, 4, 7, 40}) {
    const Classifier classifier({3, side, side}, 4, 1);
    EXPECT_EQ(classifier.logits(classifier.features(torch::zeros({2, 3, side, side}))).sizes(),
              (std::vector<std::int64_t>{2, 4}));
  }
}

TEST(Classifier, FeaturesHaveMeanZeroAndDeviationOneOverTheTrainingImages) {
  const auto features = classifier_features(train_classifier(data(), 2, kShort), data().images);
  const torch::Tensor points = features_of(*features, data().images).to(torch::kDouble);
  EXPECT_LT(points.mean(0).abs().max().item<double>(), 1e-5);
  const torch::Tensor deviation = points.std(0, /*unbiased=*/false);
  EXPECT_TRUE(deviation.sub(1.0).abs().lt(1e-4).logical_or(deviation.eq(0.0)).all().item<bool>());
}

TEST(PrincipalComponents, KeepTheDistancesOfImagesThatTheyHoldUnderOneScale) {
  const auto features = principal_components(data().images, 3);
  const torch::Tensor points = features_of(*features, data().images).to(torch::kDouble);
  EXPECT_EQ(points.sizes(), (std::vector<std::int64_t>{24, 3}));
  EXPECT_NEAR(points.var(0).mean().item<double>(), 1.0, 1e-5);
  EXPECT_LT(points.mean(0).abs().max().item<double>(), 1e-5);
}

class TheCacheOfClassifiers : public FolderTest {
 protected:
  std::filesystem::path file() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() == ".safetensors") return entry.path();
    }
    return {};
  }
  const std::shared_ptr<Classifier> trained_ = train_classifier(data(), 2, kShort);
};

TEST_F(TheCacheOfClassifiers, GivesBackTheWeightsOfTheSameDataAndTraining) {
  const ClassifierCache cache(folder_, fingerprint(data(), 2, kShort));
  EXPECT_EQ(cache.load({1, 12, 10}, 2), nullptr);
  cache.store(*trained_);
  const auto found = ClassifierCache(folder_, fingerprint(data(), 2, kShort)).load({1, 12, 10}, 2);
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(same_weights(*found, *trained_));
}

TEST_F(TheCacheOfClassifiers, KnowsOtherPixelsLabelsAndTrainingsForOthers) {
  const std::string own = fingerprint(data(), 2, kShort);
  Dataset pixels = data();
  pixels.images = pixels.images.clone();
  pixels.images[3][0][2][2] += 1;
  Dataset labels = data();
  labels.labels = 1 - labels.labels;
  EXPECT_NE(fingerprint(pixels, 2, kShort), own);
  EXPECT_NE(fingerprint(labels, 2, kShort), own);
  EXPECT_NE(fingerprint(data(), 2, {.steps = 41, .batch_size = 16}), own);
  EXPECT_NE(fingerprint(data(), 2, {.steps = 40, .batch_size = 16, .seed = 2}), own);
}

TEST_F(TheCacheOfClassifiers, AFileThatIsStaleOrDamagedIsNotUsed) {
  const ClassifierCache cache(folder_, fingerprint(data(), 2, kShort));
  cache.store(*trained_);
  std::string bytes = contents(file());
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  const std::filesystem::path place = file();
  write(place.filename(), bytes);
  EXPECT_EQ(cache.load({1, 12, 10}, 2), nullptr);
  ClassifierCache(folder_ / "other", "another fingerprint").store(*trained_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "other")) {
    if (entry.path().extension() == ".safetensors") {
      std::filesystem::copy_file(entry.path(), place, std::filesystem::copy_options::overwrite_existing);
    }
  }
  EXPECT_EQ(cache.load({1, 12, 10}, 2), nullptr) << "a whole file, of another fingerprint";
}

TEST_F(TheCacheOfClassifiers, WithoutAFolderNothingIsKept) {
  const ClassifierCache cache({}, "fingerprint");
  cache.store(*trained_);
  EXPECT_EQ(cache.load({1, 12, 10}, 2), nullptr);
}

}  // namespace
}  // namespace cebm::classifier_test
