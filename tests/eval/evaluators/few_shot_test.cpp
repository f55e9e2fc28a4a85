#include <cebm/image_io.h>
#include <cebm/logistic_regression.h>
#include <gmock/gmock.h>

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

TEST_F(FewShot, BaselinesFullSetAndTheCodeCanBeChosen) {
  const nlohmann::json result = result_of(
      "few-shot", "{shots: [1], draws: 2, spaces: [natural_parameters, features], baselines: false, full: false}");
  EXPECT_EQ(result.at("spaces").size(), 2U);
  EXPECT_TRUE(result.at("spaces").contains("features"));
  EXPECT_FALSE(result.at("spaces").at("natural_parameters").contains("full"));
}

TEST_F(FewShot, DrawsThatAreWrittenWithoutAnyLabelsToDrawAreRefusedBeforeTheWork) {
  EXPECT_EQ(message_of<ConfigError>([&] { build("few-shot", "{shots: [], write_draws: true}"); }),
            "few-shot: write_draws: expected numbers of labels in shots to draw images for, found none");
}

TEST_F(FewShot, CanBeStoppedBeforeEveryFit) {
  std::uint64_t calls = 0;
  progress_ = [&](const std::string&, std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, 30U) << "three spaces, two scalings, two draws of two numbers of labels and all labels";
    EXPECT_EQ(done, calls);
    if (++calls == 4) throw EvaluationStopped{};
  };
  const std::string yaml = "{shots: [1, 2], draws: 2}";
  const auto stopped = evaluate(*run_, catalog_, {{"few-shot", build("few-shot", yaml), yaml, folder_ / "few-shot"}},
                                {.columns = folder_ / "columns"});
  EXPECT_TRUE(stopped.results.at(0).is_null());
  EXPECT_EQ(calls, 4U);
  progress_ = [&](const std::string&, std::uint64_t, std::uint64_t) { ++calls; };
  EXPECT_FALSE(result_of("few-shot", yaml).empty());
  EXPECT_EQ(calls, 34U);
}

TEST_F(FewShot, StandardisedIsTheRegressionOnFeaturesScaledByTheTrainingImages) {
  const torch::Tensor both = (test_images(80) * 127.0 + 128.0).to(torch::kUInt8);
  const torch::Tensor images = both.narrow(0, 0, 40);
  const torch::Tensor test = both.narrow(0, 40, 40).div(4, "floor");
  const torch::Tensor labels = torch::arange(40, torch::kInt64).remainder(2);
  add_splits("noisy", {"noisy", "train", images, labels, {"down", "across"}, {}},
             {"noisy", "test", test, labels, {"down", "across"}, {}});
  const nlohmann::json result = result_of("few-shot", "{shots: [1], draws: 2}", {"noisy"});
  const auto latent = [&](const torch::Tensor& bytes) {
    return run_->model->latent(to_float(bytes)).detach().to(torch::kDouble);
  };
  const auto pixels = [](const torch::Tensor& bytes) { return bytes.flatten(1).to(torch::kDouble) / 255.0; };
  std::vector<std::int64_t> all(40);
  std::iota(all.begin(), all.end(), 0);
  const auto expected = [&](const torch::Tensor& train_features, const torch::Tensor& test_features) {
    const auto scaled = [&](const torch::Tensor& x) {
      return ((x - train_features.mean(0)) / train_features.std(0, /*unbiased=*/false)).to(torch::kFloat);
    };
    const torch::Tensor weights = fit_one_vs_rest(scaled(train_features), labels, 2, all);
    return predict_one_vs_rest(weights, scaled(test_features)).eq(labels).to(torch::kDouble).mean().item<double>();
  };
  EXPECT_DOUBLE_EQ(result["standardised"]["latent"]["full"]["accuracy"], expected(latent(images), latent(test)));
  EXPECT_DOUBLE_EQ(result["standardised"]["pixels"]["full"]["accuracy"], expected(pixels(images), pixels(test)));
  const nlohmann::json plain = result_of("few-shot", "{shots: [1], draws: 2, scaling: none}", {"noisy"});
  EXPECT_FALSE(plain.contains("standardised"));
  EXPECT_EQ(plain.at("spaces"), result.at("spaces"));
}

TEST_F(FewShot, TheClassifiersPenaltyIsChosenByC) {
  const torch::Tensor images = (test_images(40) * 127.0 + 128.0).to(torch::kUInt8);
  const torch::Tensor labels = torch::arange(40, torch::kInt64).remainder(2);
  add_set("noisy", images, labels);
  std::vector<std::int64_t> all(40);
  std::iota(all.begin(), all.end(), 0);
  const torch::Tensor pixels = images.flatten(1);
  const auto expected = [&](double cost) {
    const torch::Tensor weights = fit_one_vs_rest(pixels, labels, 2, all, {.cost = cost});
    return predict_one_vs_rest(weights, pixels).eq(labels).to(torch::kDouble).mean().item<double>();
  };
  ASSERT_NE(expected(1e-4), expected(100.0));
  for (const double cost : {1e-4, 100.0}) {
    const nlohmann::json result =
        result_of("few-shot", "{shots: [1], draws: 2, C: " + std::to_string(cost) + "}", {"noisy"});
    EXPECT_DOUBLE_EQ(result["spaces"]["pixels"]["full"]["accuracy"], expected(cost)) << cost;
    EXPECT_EQ(result.at("C"), cost);
  }
  EXPECT_NE(contents(folder_ / "few-shot/few_shot.svg").find("C = 100"), std::string::npos);
  EXPECT_FALSE(result_of("few-shot", "{shots: [1], draws: 2}").contains("C"));
}

TEST_F(FewShot, ValidationScoresTrainingImagesThatNothingIsFittedTo) {
  // Twenty images that the first pixel tells the class of; a fit to an image would not show in the score, so labels of
  // the test set are wrong on purpose: they must not be looked at.
  const torch::Tensor labels = torch::arange(20, torch::kInt64).remainder(2);
  const torch::Tensor images = labels.mul(200).to(torch::kUInt8).view({-1, 1, 1, 1}).expand({-1, 1, 12, 10});
  const std::vector<std::string> classes{"down", "across"};
  add_splits("told", {"told", "train", images.contiguous(), labels, classes, {}},
             {"told", "test", images.contiguous(), 1 - labels, classes, {}});
  const std::string options = "{shots: [2], draws: 3, write_draws: true, scaling: none, validation: 8}";
  const nlohmann::json result = result_of("few-shot", options, {"told"});
  EXPECT_EQ(result.at("validation"), 8);
  EXPECT_EQ(result["spaces"]["pixels"]["2"]["mean"], 1.0);
  const torch::Tensor drawn = read_npy(folder_ / "few-shot/draws.npy").flatten();
  EXPECT_LE(std::get<0>(torch::_unique(drawn)).size(0), 12);
  EXPECT_EQ(labels.index_select(0, drawn).view({3, 2, 2}).select(1, 1).sum().item<std::int64_t>(), 6);
  EXPECT_THAT(message_of<DataError>([&] { result_of("few-shot", "{shots: [9], draws: 2, validation: 8}", {"told"}); }),
              testing::HasSubstr("beside those of validation"));
  EXPECT_THAT(message_of<DataError>([&] { result_of("few-shot", "{shots: [1], draws: 2, validation: 20}", {"told"}); }),
              testing::HasSubstr("expected fewer images than the training set has (20), found 20"));
}

TEST_F(FewShot, ACodeOfViewsThatDoNotDifferIsTheCode) {
  const std::string same = "probability: 0";
  const nlohmann::json result =
      result_of("few-shot", "{shots: [1], draws: 2, code_views: 3, pixel_views: 2, views: {" + same + "}}");
  const nlohmann::json plain = result_of("few-shot", "{shots: [1], draws: 2}");
  EXPECT_EQ(result["spaces"]["latent_of_views"], plain["spaces"]["latent"]);
  EXPECT_EQ(result["spaces"]["pixels_of_views"]["1"]["mean"], 1.0);
  EXPECT_FALSE(result["spaces"]["pixels_of_views"].contains("full"));
}

TEST_F(FewShot, ViewsHelpPixelsWhereTheTestImagesAreViews) {
  // A bar left or right of the middle, moved in the test set: one label a class and its mirror image say nothing of it.
  const auto bars = [](std::int64_t shift) {
    torch::Tensor images = torch::zeros({24, 1, 12, 10}, torch::kUInt8);
    for (std::int64_t i = 0; i < 24; ++i) {
      const std::int64_t row = (i % 2 == 0 ? 3 : 7) + (i % 3 - 1) * shift;
      images[i][0][row].fill_(250);
    }
    return images;
  };
  const torch::Tensor labels = torch::arange(24, torch::kInt64).remainder(2);
  const std::vector<std::string> classes{"high", "low"};
  add_splits("bars", {"bars", "train", bars(0), labels, classes, {}}, {"bars", "test", bars(1), labels, classes, {}});
  const nlohmann::json result = result_of(
      "few-shot", "{shots: [1], draws: 2, scaling: none, pixel_views: 60, views: {crop_scale_min: 0.4}}", {"bars"});
  EXPECT_GT(result["spaces"]["pixels_of_views"]["1"]["mean"], result["spaces"]["pixels"]["1"]["mean"]);
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
