#include "eval/evaluators/ood.h"

#include <cebm/columns.h>
#include <cebm/image_io.h>
#include <cebm/ranking.h>

#include <cmath>
#include <numeric>

#include "eval/evaluator_test.h"
#include "eval/evaluators/shown.h"

namespace cebm {
namespace {

class Ood : public EvaluatorTest {
 protected:
  void SetUp() override {
    EvaluatorTest::SetUp();
    add_set("noisy", noise_, torch::full({30}, -1, torch::kInt64));
  }
  std::vector<double> column(const std::string& name, const torch::Tensor& bytes, double sign = 1.0) const {
    ColumnSource source(*run_->model);
    const torch::Tensor values =
        (compute_column(find_column(name), source, to_float(bytes), 0).to(torch::kDouble) * sign).contiguous();
    return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
  }

  const torch::Tensor noise_ = (test_images(30) * 127.0 + 128.0).to(torch::kUInt8);
  const torch::Tensor own_ = make_stripes({}, {})->images;
};

TEST_F(Ood, InDistributionIsThePositiveClassAndHighScoresSpeakForIt) {
  const nlohmann::json result = result_of("ood", "{sets: noisy, bootstrap: 50}");
  EXPECT_EQ(result.at("positive_class"), "in-distribution");
  EXPECT_EQ(result.at("in_distribution"), nlohmann::json({{"data", "stripes"}, {"split", "test"}, {"images", 24}}));
  const nlohmann::json& found = result.at("sets").at("noisy");
  EXPECT_EQ(found.at("images"), 30);
  EXPECT_NEAR(found.at("log_density").at("auroc").at("value"),
              auroc(column("log_density", own_), column("log_density", noise_)), 1e-12);
  EXPECT_NEAR(found.at("gradient_norm").at("aupr").at("value"),
              average_precision(column("gradient_norm", own_, -1.0), column("gradient_norm", noise_, -1.0)), 1e-12);
  for (const char* metric : {"auroc", "aupr", "fpr95"}) {
    const nlohmann::json& estimate = found.at("log_density").at(metric);
    EXPECT_LE(estimate.at("ci95")[0], estimate.at("value"));
    EXPECT_GE(estimate.at("ci95")[1], estimate.at("value"));
  }
  for (const char* score : {"log_density", "gradient_norm"})
    EXPECT_NE(contents(folder_ / "ood" / ("histogram_" + std::string(score) + ".svg")).find(" (in)</text>"),
              std::string::npos);
  EXPECT_EQ(read_npy(folder_ / "ood/log_density_noisy.npy").size(0), 30);
}

TEST_F(Ood, TheOwnSetIsNoOtherSet) {
  const std::string message = message_of<DataError>([&] { result_of("ood", "{sets: [noisy, stripes]}"); });
  EXPECT_EQ(message, "ood: data set stripes (test) comes twice: expected another set to compare with");
}

TEST_F(Ood, ImagesThatAreTheSameUnderAnotherNameAreRefused) {
  add_set("again", noise_, torch::full({30}, -1, torch::kInt64));
  for (const std::string sets : {"[noisy, again]", "again"}) {
    const std::string message =
        message_of<DataError>([&] { result_of("ood", "sets: " + sets, sets == "again" ? Feed{"noisy"} : Feed{}); });
    EXPECT_NE(message.find("data sets noisy (test) and again (test) are the same images"), std::string::npos)
        << message;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "ood/result.json"));
  }
}

TEST_F(Ood, TypicalityIsTheDistanceFromTheTrainingSetsMeanAndRefinementTheGainOfTheSampler) {
  const torch::Tensor labels = torch::zeros({24}, torch::kLong);
  add_splits("own", {"own", "train", own_, labels, {"down"}, {}},
             {"own", "test", own_.bitwise_not().div(2, "floor"), labels, {"down"}, {}});
  result_of("ood", "{sets: noisy, bootstrap: 2, scores: [typicality, refinement]}", {"own"});
  const std::vector<double> train = column("log_density", own_);
  const double mean = std::accumulate(train.begin(), train.end(), 0.0) / static_cast<double>(train.size());
  const torch::Tensor typicality = read_npy(folder_ / "ood/typicality_noisy.npy");
  const std::vector<double> density = column("log_density", noise_);
  for (std::int64_t i = 0; i < 30; ++i) {
    EXPECT_NEAR(typicality[i].item<double>(), -std::abs(density[static_cast<std::size_t>(i)] - mean), 1e-9);
  }
  const auto sampler = run_->config->sampler().build();
  ColumnSource source(*run_->model, nullptr, sampler.get());
  const torch::Tensor rise = compute_column(find_column("refinement"), source, to_float(noise_), 0);
  EXPECT_TRUE(read_npy(folder_ / "ood/refinement_noisy.npy").equal(-rise.to(torch::kDouble)));
}

TEST_F(Ood, ConfidenceIsTheLargestProbabilityOfAClassAndOnlyModelsWithClassesHaveIt) {
  const auto refused = [](const std::string& model) {
    OodOptions options;
    options.scores = {"confidence"};
    return message_of<ConfigError>([&] { make_ood(options, EvaluatorContext{example_model(model), 1, {}, "mnist"}); });
  };
  EXPECT_EQ(refused("cebm"), "ood: this run's model has no confidence");
  OodOptions options;
  options.scores = {"confidence"};
  options.sets = {"noisy"};
  options.bootstrap = 10;
  const auto evaluator = make_ood(options, EvaluatorContext{example_model("cebmm"), 1, {}, "toy"});
  show(*evaluator, 0, labelled_set({0, 1}, {"ant", "bee"}, "test"), {{"confidence", torch::tensor({0.9F, 0.6F})}});
  show(*evaluator, 1, labelled_set({-1, -1}, {"ant", "bee"}, "test"), {{"confidence", torch::tensor({0.7F, 0.5F})}});
  const nlohmann::json found = evaluator->finish(folder_).at("sets").at("noisy").at("confidence");
  EXPECT_NEAR(found.at("auroc").at("value"), 0.75, 1e-12);
}

TEST_F(Ood, DefaultSetsThatAreMissingAreReportedAndNamedOnesAreAnError) {
  // The default sets of Fashion-MNIST are not there, or are not of the model's shape.
  const EvaluatorEntry& row = catalog_.evaluators.find("ood");
  const auto options = row.options(catalog_);
  read_options(parse_config("bootstrap: 2"), *options);
  const auto evaluator = row.build(*options, EvaluatorContext{run_->model, 1, {}, "fashion_mnist"});
  std::vector<std::string> said;
  std::filesystem::create_directories(folder_ / "empty");
  const auto outcome =
      evaluate(*run_, catalog_, {{"ood", evaluator, "", folder_ / "ood"}},
               {.data_root = folder_ / "empty", .message = [&](const std::string& text) { said.push_back(text); }});
  const nlohmann::json& sets = outcome.results.at(0).at("result").at("sets");
  EXPECT_TRUE(sets.at("mnist").contains("missing")) << sets;
  EXPECT_FALSE(said.empty());
  EXPECT_NE(said.at(0).find("warning"), std::string::npos);
  EXPECT_THROW(result_of("ood", "sets: no_such_set"), ConfigError);
}

TEST_F(Ood, UnknownScoresAndModelsWithoutThemAreRefused) {
  EXPECT_NE(message_of<ConfigError>([&] { build("ood", "scores: log_densty"); }).find("'log_density'"),
            std::string::npos);
  EXPECT_THROW(build("ood", "scores: ''"), ConfigError);
  EXPECT_THROW(build("ood", "sets: 'a,a'"), ConfigError);
}

}  // namespace
}  // namespace cebm
