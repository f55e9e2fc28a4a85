#include "report/evaluation_sections.h"

#include <cebm/report.h>
#include <cebm/run_report.h>
#include <gmock/gmock.h>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class EvaluationSections : public EvaluatorTest {
 protected:
  void write_result(const std::string& place, const nlohmann::json& whole) const {
    std::filesystem::create_directories(folder_ / "run/eval" / place);
    write("run/eval/" + place + "/result.json", whole.dump());
  }
  static nlohmann::json whole(const std::string& evaluator, const nlohmann::json& result) {
    return {{"evaluator", evaluator},
            {"options", ""},
            {"provenance", {{"step", 1}, {"averaged", true}, {"seed", 7}}},
            {"command", "cebm-eval " + evaluator + " --run run"},
            {"result", result}};
  }
  std::string page() const { return contents(write_run_report(folder_ / "run", catalog_.evaluators)); }
};

TEST_F(EvaluationSections, FollowTheRegistryAndSayWhatTheyAreOfAndHowToRepeatThem) {
  auto row = make_entry<StripesOptions, EvaluatorEntry>(
      "mine", "my summary", "{}",
      [](const StripesOptions&, const EvaluatorContext&) -> std::shared_ptr<Evaluator> { return nullptr; });
  row.section = [](const FinishedEvaluation& finished, HtmlReport& report) {
    report.paragraph("mine: " + finished.result.at("value").dump() + " of " + finished.run_model + " on " +
                     finished.run_data + " in " + finished.directory.filename().string());
  };
  catalog_.evaluators.add(row);
  write_result("mine/other_set", whole("mine", {{"value", 42}}));
  write_result("scores/stripes_test", whole("scores", {{"energy", {{"mean", 1.5}, {"std", 0.25}}}}));
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("mine: 42 of cebm on stripes in other_set"));
  EXPECT_THAT(html, HasSubstr("mine/other_set: my summary"));
  EXPECT_THAT(html, HasSubstr("<td>energy</td><td>1.5</td><td>0.25</td>"));
  EXPECT_THAT(html, HasSubstr("Step 1, averaged weights, seed 7."));
  EXPECT_THAT(html, HasSubstr("<pre>cebm-eval mine --run run</pre>"));
  EXPECT_LT(html.find("scores/stripes_test"), html.find("mine/other_set")) << "in the order of the registry";
  EXPECT_THAT(html, Not(HasSubstr("by now")));
}

TEST_F(EvaluationSections, WithoutASectionOfItsOwnAResultIsShownAsItIs) {
  write_result("theirs", whole("theirs", {{"answer", "<42>"}}));
  EXPECT_THAT(page(), HasSubstr("&quot;answer&quot;: &quot;&lt;42&gt;&quot;"));
}

TEST_F(EvaluationSections, AreWrittenForARunWhoseMetricsWereNotKept) {
  write_result("scores/stripes_test", whole("scores", {{"energy", {{"mean", 1.5}, {"std", 0.25}}}}));
  for (const char* name : {"metrics.csv", "timing.csv"}) ASSERT_TRUE(std::filesystem::remove(folder_ / "run" / name));
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("There are no metrics."));
  EXPECT_THAT(html, HasSubstr("<td>energy</td><td>1.5</td><td>0.25</td>"));
}

TEST_F(EvaluationSections, AResultOfAnOlderCheckpointSaysSo) {
  nlohmann::json old = whole("scores", nlohmann::json::object());
  old["provenance"]["step"] = 0;
  write_result("scores", old);
  EXPECT_THAT(page(), HasSubstr("The run has another checkpoint by now: step_000000001"));
}

TEST_F(EvaluationSections, ThePapersNumbersStandOnlyBesideResultsOfItsProtocol) {
  write("run/config.yaml", "{model: cebm, data: fashion_mnist}");
  const std::string accuracies =
      R"({"shots": [1], "draws": 2, "spaces": {"latent": {"1": {"mean": 0.5, "std": 0.1, "ci95": [0.4, 0.6],
          "accuracies": [0.4, 0.6]}}}})";
  const auto page_with = [&](const std::string& test_set, bool learned_labels, std::int64_t validation) {
    nlohmann::json result = whole("few-shot", nlohmann::json::parse(accuracies));
    result["provenance"]["data"] = {{{"name", test_set}, {"split", "train"}}, {{"name", test_set}, {"split", "test"}}};
    if (learned_labels) result["provenance"]["learned_labels"] = true;
    if (validation > 0) result["result"]["validation"] = validation;
    write_result("few-shot", result);
    write("run/eval/few-shot/few_shot.svg", chart_svg({"accuracy", "labels", "%", {{"latent", {1}, {50}}}}));
    return page();
  };
  const std::string papers = "the paper&#39;s CEBM";
  const std::string regular = page_with("fashion_mnist", false, 0);
  EXPECT_THAT(regular, AnyOf(HasSubstr(papers), HasSubstr("the paper's CEBM")));
  EXPECT_THAT(regular, Not(HasSubstr("This result is")));
  for (const auto& [html, why] :
       {std::pair{page_with("mnist", false, 0), "This result is of the data set mnist, not of fashion_mnist."},
        {page_with("fashion_mnist", true, 0), "The training used labels of the training images."},
        {page_with("fashion_mnist", false, 5),
         "This result is of 5 training images (validation), not of the test set."}}) {
    EXPECT_THAT(html, HasSubstr(why));
    EXPECT_THAT(html, Not(AnyOf(HasSubstr(papers), HasSubstr("the paper's CEBM"))));
  }
}

TEST_F(EvaluationSections, WhatIsDamagedIsNamedAndTheRestIsShown) {
  write_result("few-shot", whole("few-shot", {{"shots", 3}}));
  write_result("scores/stripes_test", whole("scores", {{"energy", {{"mean", 1.5}, {"std", 0.25}}}}));
  std::filesystem::create_directories(folder_ / "run/eval/ood");
  write("run/eval/ood/result.json", "{");
  write("run/eval/all.json", "[");
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("<td>energy</td>"));
  EXPECT_THAT(html, HasSubstr("Cannot be shown: " + (folder_ / "run/eval/few-shot/result.json").string() +
                              ": shots: expected a list, found 3"));
  EXPECT_THAT(html, HasSubstr("Left out: " + (folder_ / "run/eval/ood/result.json").string()));
  EXPECT_THAT(html, HasSubstr("Left out: " + (folder_ / "run/eval/all.json").string()));
}

TEST_F(EvaluationSections, WhatDidNotApplyAndWhatFailedIsListed) {
  write_survey(folder_ / "run/eval",
               {"cebm-eval all --run run", {{"likelihood", "likelihood: no bound"}}, {{"ood", "ood: broke"}}});
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("<p>likelihood: no bound</p>"));
  EXPECT_THAT(html, HasSubstr("<p>ood: broke</p>"));
  EXPECT_THAT(html, HasSubstr("<pre>cebm-eval all --run run</pre>"));
}

}  // namespace
}  // namespace cebm
