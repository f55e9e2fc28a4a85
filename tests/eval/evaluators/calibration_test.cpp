// Calibration of p(y | x).
#include "eval/evaluators/calibration.h"

#include <cebm/errors.h>
#include <cebm/report.h>
#include <gmock/gmock.h>

#include "contract/rows.h"
#include "eval/evaluators/shown.h"
#include "support/folder_test.h"

namespace cebm::calibration_test {
namespace {

using testing::HasSubstr;

const torch::Tensor kProbabilities = torch::tensor({{0.9, 0.1}, {0.9, 0.1}, {0.4, 0.6}, {0.3, 0.7}}, torch::kDouble);

TEST(Calibration, IsWhatIsCountedByHand) {
  const torch::Tensor labels = torch::tensor({0, 1, 1, 1}, torch::kInt64);
  const CalibrationResult result = calibration(kProbabilities, labels, 5);
  EXPECT_EQ(result.images, 4);
  EXPECT_DOUBLE_EQ(result.accuracy, 0.75);
  EXPECT_NEAR(result.log_loss, -(std::log(0.9) + std::log(0.1) + std::log(0.6) + std::log(0.7)) / 4.0, 1e-12);
  EXPECT_NEAR(result.brier, (2 * 0.01 + 2 * 0.81 + 2 * 0.16 + 2 * 0.09) / 4.0, 1e-12);
  // 0.6 and 0.7 share the interval from 0.6 to 0.8, both right; 0.9 is right once of two times.
  EXPECT_EQ(result.bins.at(3).images, 2);
  EXPECT_EQ(result.bins.at(4).images, 2);
  EXPECT_NEAR(result.bins.at(3).confidence, 0.65, 1e-12);
  EXPECT_DOUBLE_EQ(result.bins.at(3).accuracy, 1.0);
  EXPECT_NEAR(result.ece, 0.5 * 0.35 + 0.5 * 0.4, 1e-12);
}

TEST(Calibration, OfCertaintyThatIsRightIsPerfect) {
  const torch::Tensor labels = torch::tensor({0, 1}, torch::kInt64);
  const CalibrationResult result = calibration(torch::eye(2, torch::kDouble), labels, 10);
  EXPECT_DOUBLE_EQ(result.accuracy, 1.0);
  EXPECT_DOUBLE_EQ(result.ece, 0.0);
  EXPECT_DOUBLE_EQ(result.brier, 0.0);
  EXPECT_DOUBLE_EQ(result.log_loss, 0.0);
  EXPECT_EQ(result.bins.back().images, 2);
}

class CalibrationEvaluator : public FolderTest {
 protected:
  static std::shared_ptr<Evaluator> make(const std::string& model = "cebmm") {
    CalibrationOptions options;
    options.bins = 5;
    return make_calibration(options, EvaluatorContext{example_model(model), 1, {}});
  }
};

TEST_F(CalibrationEvaluator, LeavesOutImagesWithoutALabelAndDrawsADiagram) {
  const auto evaluator = make();
  show(*evaluator, 0, labelled_set({0, 1, -1, 1}, {"ant", "bee"}, "test"),
       {{"class_probabilities", kProbabilities.to(torch::kFloat)}});
  const nlohmann::json summary = evaluator->finish(folder_);
  const CalibrationResult result = CalibrationResult::from_json(summary);
  EXPECT_EQ(result.images, 3);
  EXPECT_NEAR(result.accuracy, 2.0 / 3.0, 1e-12);
  EXPECT_EQ(result.to_json(), summary);
  EXPECT_THAT(contents(folder_ / "reliability.svg"), HasSubstr("Reliability of p(y | x): toy, test"));
  HtmlReport report("page");
  calibration_section({summary, folder_, "cebmm", "toy"}, report);
  EXPECT_THAT(report.html(), HasSubstr("ECE"));
}

TEST_F(CalibrationEvaluator, RefusesModelsAndSetsThatItCannotJudge) {
  EXPECT_THROW(make("cebm"), ConfigError);
  EXPECT_THROW(make("igebm"), ConfigError);
  EvaluatorContext unsupervised{example_model("cebmm"), 1, {}};
  unsupervised.learned_labels = false;
  EXPECT_THROW(make_calibration({}, unsupervised), ConfigError);
  const std::vector<std::string> many(100, "class");
  EXPECT_THROW(make()->begin(0, labelled_set({0}, many, "test")), DataError);
  const auto evaluator = make();
  show(*evaluator, 0, labelled_set({-1, -1, -1, -1}, {"ant", "bee"}, "test"),
       {{"class_probabilities", kProbabilities.to(torch::kFloat)}});
  EXPECT_THROW(evaluator->finish(folder_), DataError);
}

TEST_F(CalibrationEvaluator, RefusesResultsOfAnotherForm) {
  nlohmann::json summary = calibration(kProbabilities, torch::tensor({0, 1, 1, 1}, torch::kInt64), 2).to_json();
  EXPECT_EQ(CalibrationResult::from_json(summary).to_json(), summary);
  summary["bins"][1]["accuracy"] = 2.0;
  EXPECT_THAT(message_of<DataError>([&] { CalibrationResult::from_json(summary); }), HasSubstr("bins"));
}

}  // namespace
}  // namespace cebm::calibration_test
