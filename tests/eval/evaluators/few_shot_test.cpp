#include <cebm/image_io.h>
#include <cebm/logistic_regression.h>

#include <numeric>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

class FewShot : public EvaluatorTest {};

TEST_F(FewShot, ScoresEverySpaceForEveryNumberOfLabels) {
  const nlohmann::json result = result_of("few-shot", "{shots: [3, 1], draws: 4}");
  EXPECT_EQ(result.at("shots"), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(result.at("draws"), 4);
  EXPECT_EQ(result.at("spaces").size(), 3U);
  for (const char* space : {"latent", "pixels", "untrained_latent"}) {
    const nlohmann::json& found = result.at("spaces").at(space);
    for (const char* shots : {"1", "3"}) {
      EXPECT_EQ(found.at(shots).at("accuracies").size(), 4U);
      EXPECT_LE(found.at(shots).at("ci95")[0], found.at(shots).at("mean"));
      EXPECT_GE(found.at(shots).at("std").get<double>(), 0.0);
    }
    EXPECT_GE(found.at("full").at("accuracy").get<double>(), 0.0);
  }
  // All images of a class are the same, so a single one tells a linear classifier everything.
  EXPECT_EQ(result["spaces"]["pixels"]["1"]["mean"], 1.0);
  EXPECT_NE(contents(folder_ / "few-shot/few_shot.svg").find("untrained_latent</text>"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "few-shot/draws.npy"));
}

TEST_F(FewShot, IsTheRegressionOnTheDrawnImagesOfTheModelsCode) {
  // Noise, whose labels say nothing: accuracies are far from 0 and 1 and differ between draws.
  const torch::Tensor images = (test_images(40) * 127.0 + 128.0).to(torch::kUInt8);
  const torch::Tensor labels = torch::arange(40, torch::kInt64).remainder(2);
  add_set("noisy", images, labels);
  const nlohmann::json result = result_of("few-shot", "{shots: [5], draws: 3, write_draws: true}", {"noisy"});
  const torch::Tensor latent = run_->model->latent(to_float(images)).detach();
  const torch::Tensor draws = read_npy(folder_ / "few-shot/draws.npy");
  EXPECT_EQ(draws.sizes(), (std::vector<std::int64_t>{3, 2, 5}));
  const auto expected = [&](const std::vector<std::int64_t>& rows, const torch::Tensor& features) {
    const torch::Tensor predicted = predict_one_vs_rest(fit_one_vs_rest(features, labels, 2, rows), features);
    return predicted.eq(labels).to(torch::kDouble).mean().item<double>();
  };
  for (std::int64_t d = 0; d < 3; ++d) {
    const torch::Tensor drawn = draws[d].contiguous();
    const std::vector<std::int64_t> rows(drawn.const_data_ptr<std::int64_t>(),
                                         drawn.const_data_ptr<std::int64_t>() + drawn.numel());
    EXPECT_DOUBLE_EQ(result["spaces"]["latent"]["5"]["accuracies"][d], expected(rows, latent)) << d;
    EXPECT_DOUBLE_EQ(result["spaces"]["pixels"]["5"]["accuracies"][d], expected(rows, images.flatten(1))) << d;
  }
  std::vector<std::int64_t> all(40);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_DOUBLE_EQ(result["spaces"]["latent"]["full"]["accuracy"], expected(all, latent));
}

TEST_F(FewShot, AFitThatNeedsTooMuchMemoryIsLeftOutWithTheReason) {
  const nlohmann::json result = result_of("few-shot", "{shots: [1], draws: 2, memory_gib: 1.0e-6}");
  const nlohmann::json& pixels = result.at("spaces").at("pixels");
  EXPECT_TRUE(pixels.at("full").is_null());
  EXPECT_NE(pixels.at("full_left_out").get<std::string>().find("memory_gib"), std::string::npos);
  EXPECT_EQ(pixels.at("1").at("accuracies").size(), 2U);
}

TEST_F(FewShot, BaselinesFullSetAndTheCodeCanBeChosen) {
  const nlohmann::json result =
      result_of("few-shot", "{shots: [1], draws: 2, space: natural_parameters, baselines: false, full: false}");
  EXPECT_EQ(result.at("spaces").size(), 1U);
  EXPECT_FALSE(result.at("spaces").at("natural_parameters").contains("full"));
}

class FewShotSplits : public FewShot {
 protected:
  static Dataset split(const std::string& name, const std::vector<std::int64_t>& labels,
                       const std::vector<std::string>& classes) {
    const torch::Tensor label = torch::tensor(labels, torch::kInt64);
    const torch::Tensor images = label.mul(60).to(torch::kUInt8).view({-1, 1, 1, 1}).expand({-1, 1, 12, 10});
    return {"pets", name, images.contiguous(), label, classes, {}};
  }
  nlohmann::json result(const Dataset& train, const Dataset& test) {
    add_splits("pets", train, test);
    return result_of("few-shot", "{shots: [2], draws: 2}", {"pets"});
  }
};

TEST_F(FewShotSplits, AClassWithoutTestImagesIsTrainedAndNotAskedFor) {
  const std::vector<std::string> classes = {"ant", "bee", "cat"};
  const nlohmann::json found = result(split("train", {0, 0, 1, 1, 2, 2}, classes), split("test", {0, 2, 2}, classes));
  EXPECT_EQ(found.at("spaces").at("pixels").at("full").at("accuracy"), 1.0);
}

TEST_F(FewShotSplits, AClassWithoutTrainingImagesIsNamed) {
  const std::vector<std::string> classes = {"ant", "bee", "cat"};
  const std::string message = message_of<DataError>([&] {
    result(split("train", {0, 0, 2, 2}, classes), split("test", {0, 1, 2}, classes));
  });
  for (const char* part : {"pets", "split train", "found 0", "'bee'"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST_F(FewShotSplits, SplitsThatNumberTheirClassesDifferentlyAreRefused) {
  const std::string message = message_of<DataError>([&] {
    result(split("train", {0, 0, 1, 1, 2, 2}, {"ant", "bee", "cat"}), split("test", {0, 1}, {"ant", "cat"}));
  });
  EXPECT_NE(message.find("'bee' and 'cat' as class 1"), std::string::npos) << message;
}

TEST_F(FewShot, MoreLabelsThanAClassHasAreRefused) {
  const std::string message = message_of<DataError>([&] { result_of("few-shot", "{shots: [1, 13], draws: 2}"); });
  for (const char* part : {"stripes", "train", "13", "12", "down"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace cebm
