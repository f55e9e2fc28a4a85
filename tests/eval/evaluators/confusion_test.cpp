#include "eval/evaluators/confusion.h"

#include <cebm/errors.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "eval/evaluators/shown.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

const std::vector<std::string> kClasses{"ant", "bee", "cat, big"};

class ConfusionTest : public FolderTest {
 protected:
  static std::shared_ptr<Evaluator> make(std::int64_t k, const std::vector<std::string>& spaces) {
    ConfusionOptions options;
    options.k = k;
    options.spaces = spaces;
    return make_confusion(options, EvaluatorContext{example_model("cebm"), 1, {}});
  }
  /// On a line: ants at 0, bees at 10, a cat at 13; and one bee among the ants.
  static void show_both(Evaluator& evaluator) {
    show(evaluator, 1, labelled_set({0, 0, 1, 2, 1}, kClasses, "test"),
         {{"latent", on_a_line({0.1F, 0.6F, 10.4F, 11.0F, 12.5F})}});
    show(evaluator, 0, labelled_set({0, 0, 1, 1, 1, 2}, kClasses, "train"),
         {{"latent", on_a_line({0.0F, 0.5F, 0.7F, 10.0F, 10.5F, 13.0F})}});
  }
  static std::string refusal(const Dataset& data, std::size_t feed, std::int64_t k = 1) {
    const auto evaluator = make(k, {"latent"});
    return message_of<DataError>([&] { evaluator->begin(feed, data); });
  }
};

TEST_F(ConfusionTest, CountsAndAccuracyAreThoseOfTheNearestTrainingImages) {
  const auto evaluator = make(1, {"latent"});
  show_both(*evaluator);
  const nlohmann::json result = evaluator->finish(folder_);
  const nlohmann::json expected = {
      {"k", 1},
      {"classes", kClasses},
      {"spaces", {{"latent", {{"accuracy", 2.0 / 5.0}, {"matrix", {{1, 1, 0}, {0, 1, 1}, {0, 1, 0}}}}}}}};
  EXPECT_EQ(result, expected);
  EXPECT_EQ(contents(folder_ / "confusion_latent.csv"),
            "true\\predicted,\"ant\",\"bee\",\"cat, big\"\n\"ant\",1,1,0\n\"bee\",0,1,1\n\"cat, big\",0,1,0\n");
  EXPECT_NE(contents(folder_ / "confusion_latent.svg").find("<title>bee, cat, big: 50.0%</title>"), std::string::npos);
  EXPECT_EQ(names_in(folder_).size(), 2U);
}

TEST_F(ConfusionTest, MoreNeighboursVote) {
  const auto evaluator = make(3, {"latent"});
  show_both(*evaluator);
  // The bee among the ants is outvoted, and so is the cat.
  const nlohmann::json latent = evaluator->finish(folder_).at("spaces").at("latent");
  EXPECT_EQ(latent.at("matrix"), nlohmann::json({{2, 0, 0}, {0, 2, 0}, {0, 1, 0}}));
  EXPECT_EQ(latent.at("accuracy"), 0.8);
}

TEST_F(ConfusionTest, EverySpaceHasItsOwnDistances) {
  const auto evaluator = make(1, {"pixels", "latent"});
  show(*evaluator, 0, labelled_set({0, 1}, {"a", "b"}, "train"),
       {{"latent", on_a_line({0.0F, 1.0F})}, {"pixels", torch::tensor({{0.0F, 5.0F}, {0.0F, -5.0F}})}});
  show(*evaluator, 1, labelled_set({1}, {"a", "b"}, "test"),
       {{"latent", on_a_line({0.9F})}, {"pixels", torch::tensor({{0.0F, 4.0F}})}});
  const nlohmann::json result = evaluator->finish(folder_);
  EXPECT_EQ(result.at("spaces").at("latent").at("accuracy"), 1.0);
  EXPECT_EQ(result.at("spaces").at("pixels").at("accuracy"), 0.0);
  EXPECT_EQ(names_in(folder_).size(), 4U);
}

TEST_F(ConfusionTest, SetsThatAreTooSmallOrUnlabelledAreRefusedBeforeAnythingIsComputed) {
  EXPECT_EQ(refusal(labelled_set({0, 1}, kClasses, "train"), 0, 3),
            "confusion: data set toy, split train: expected at least 3 images, found 2");
  EXPECT_EQ(refusal(labelled_set({}, kClasses, "test"), 1),
            "confusion: data set toy, split test: expected at least 1 image, found 0");
  EXPECT_EQ(refusal(labelled_set({0, -1, -1}, kClasses, "test"), 1),
            "confusion: data set toy, split test: expected a label for every image, found 2 without");
  EXPECT_EQ(refusal(labelled_set({0, 3}, kClasses, "test"), 1),
            "confusion: data set toy, split test: expected labels of 3 classes, found label 3");
}

TEST_F(ConfusionTest, AClassThatOneSplitLacksKeepsItsRowAndItsColumn) {
  const auto evaluator = make(1, {"latent"});
  show(*evaluator, 0, labelled_set({0, 2}, kClasses, "train"), {{"latent", on_a_line({0.0F, 10.0F})}});
  show(*evaluator, 1, labelled_set({0, 1, 1}, kClasses, "test"), {{"latent", on_a_line({0.1F, 9.0F, 1.0F})}});
  const nlohmann::json latent = evaluator->finish(folder_).at("spaces").at("latent");
  EXPECT_EQ(latent.at("matrix"), nlohmann::json({{1, 0, 0}, {1, 0, 1}, {0, 0, 0}}));
  EXPECT_EQ(latent.at("accuracy"), 1.0 / 3.0);
}

TEST_F(ConfusionTest, SplitsThatNumberTheirClassesDifferentlyAreRefused) {
  const auto evaluator = make(1, {"latent"});
  evaluator->begin(1, labelled_set({0, 1}, {"ant", "cat, big"}, "test"));
  EXPECT_EQ(message_of<DataError>([&] {
              evaluator->begin(0, labelled_set({0, 1}, kClasses, "train"));
            }),
            "confusion: data set toy: expected the same classes in the splits train and test, found 'bee' and "
            "'cat, big' as class 1");
}

TEST_F(ConfusionTest, SpacesThatDoNotExistAreRefused) {
  EXPECT_NE(message_of<ConfigError>([&] { make(1, {"latnt"}); }).find("did you mean 'latent'"), std::string::npos);
  EXPECT_NE(message_of<ConfigError>([&] { make(1, {}); }).find("expected at least one"), std::string::npos);
  ConfusionOptions options;
  options.spaces = {"latent_mean"};
  EXPECT_NE(message_of<ConfigError>([&] {
              make_confusion(options, EvaluatorContext{example_model("igebm"), 1, {}});
            }).find("no latent_mean"),
            std::string::npos);
}

}  // namespace
}  // namespace cebm
