#include <nlohmann/json.hpp>
#include <regex>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;
using testing::Not;

/// All evaluations of a run, and tables of runs, by the real program.
class EvalAll : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(train("-q").code, 0);
  }
  Outcome all(const std::string& flags) const {
    return run("cebm-eval all --run run --data-root data --set ood.bootstrap=20 --set few-shot.draws=2 " + flags,
               "export XDG_CACHE_HOME=\"$PWD/cache\";");
  }
  static std::string small() { return "--set ood.sets=constant --set 'few-shot.shots=[1,3]' "; }
  static std::string on_request() {
    return "--set samples.chains=8 --set samples.steps=2 --set samples.classifier_steps=2 --set chains.chains=2 "
           "--set chains.steps=40 --set chains.every=2 --set log-partition.chains=2 "
           "--set log-partition.distributions=3 --set log-partition.pilot=2 --set log-partition.images=8 ";
  }
  std::string page() const { return contents(folder_ / "run/report.html"); }
};

TEST_F(EvalAll, EveryEvaluationIsInTheReportAndItsCommandRepeatsIt) {
  const Outcome outcome = all(small() + on_request());
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/report.html\n");
  EXPECT_THAT(outcome.err, HasSubstr("does not apply: likelihood"));
  const std::string html = page();
  for (const char* part :
       {"Curves", "Configuration", "few-shot: ", "ood: ", "confusion: ", "neighbors: ", "scores/mnist_test: ",
        "samples: ", "chains: ", "log-partition: ", "the paper's CEBM", ">log p(x) + constant<"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, HasSubstr("<p>likelihood: only variational autoencoders"));
  int commands = 0;
  const std::regex command("<pre>(cebm-eval [^<]*)</pre>");
  for (std::sregex_iterator found(html.begin(), html.end(), command), end; found != end; ++found, ++commands) {
    const std::string line = (*found)[1].str();
    const Outcome again = run(line);
    EXPECT_EQ(again.code, 0) << line << again.err;
    EXPECT_THAT(again.err, HasSubstr("its result stands")) << line;
    EXPECT_THAT(again.err, Not(HasSubstr("computed anew"))) << line;
  }
  EXPECT_EQ(commands, 9) << "eight parts, and all at once";
}

TEST_F(EvalAll, WhatTakesMinutesIsRunOnlyWhereOneOfItsOptionsIsGiven) {
  const Outcome outcome = all(small() + "--set chains.chains=2 --set chains.steps=40 --set chains.every=2");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("left out: samples takes minutes"));
  EXPECT_THAT(outcome.err, HasSubstr("left out: log-partition takes minutes"));
  EXPECT_THAT(page(), HasSubstr("chains: "));
  EXPECT_FALSE(exists("run/eval/samples"));
  EXPECT_FALSE(exists("run/eval/log-partition"));
}

TEST_F(EvalAll, OnePartThatFailsDoesNotLoseTheOthers) {
  const Outcome outcome = all("--set ood.sets=constant");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("failed: few-shot: data set mnist"));
  EXPECT_FALSE(exists("run/eval/few-shot/result.json"));
  for (const char* part : {"ood", "confusion", "neighbors", "scores/mnist_test"}) {
    EXPECT_TRUE(exists(std::string("run/eval/") + part + "/result.json")) << part;
  }
  EXPECT_THAT(page(), HasSubstr("Evaluations that failed"));
  EXPECT_EQ(all(small()).code, 0);
  EXPECT_THAT(page(), Not(HasSubstr("Evaluations that failed")));
}

TEST_F(EvalAll, ADefaultSetThatIsNotThereIsMissingAndOneThatIsAskedForIsAnError) {
  if (tree_has("emnist")) GTEST_SKIP() << "the tree has E-MNIST";
  EXPECT_EQ(all("--set 'few-shot.shots=[1]' --data-option limit=20").code, 0);
  EXPECT_THAT(page(), HasSubstr("E-MNIST is missing: "));
  const Outcome named = all("--set 'few-shot.shots=[1]' --set ood.sets=emnist");
  EXPECT_EQ(named.code, 1);
  EXPECT_THAT(named.err, HasSubstr("failed: ood: "));
}

TEST_F(EvalAll, OptionsThatCannotBeMeantAreRefusedByNameBeforeAnythingIsComputed) {
  struct Case {
    const char* option;
    const char* message;
    int code = 2;
  };
  for (const Case& which :
       {Case{"ood.set=constant", "ood: "}, Case{"few-shot.drawz=1", "few-shot: "},
        Case{"odd.sets=constant", "unknown evaluator 'odd'; did you mean 'ood'?"},
        Case{"sets=constant", "--set sets=constant: expected evaluator.key=value"},
        Case{"ood.scores=beauty", "ood: --set scores=beauty: scores[0]: expected one of log_density, "},
        Case{"ood.sets=mnst", "ood: unknown data set 'mnst'; did you mean 'mnist'?"},
        Case{"confusion.spaces=pixels,latnt", "confusion: --set spaces=pixels,latnt: spaces[1]: expected one of "},
        Case{"'scores.columns=[latnt]'", "scores: --set columns=[latnt]: columns[0]: expected one of label, "},
        Case{"neighbors.runs=absent", "neighbors: absent: ", 1}}) {
    const Outcome outcome = all(std::string("--set ") + which.option);
    EXPECT_EQ(outcome.code, which.code) << which.option;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("error ") + which.message)) << which.option;
  }
  const Outcome data = all("--data mnst");
  EXPECT_EQ(data.code, 2);
  EXPECT_THAT(data.err, HasSubstr("--data: unknown data set 'mnst'"));
  EXPECT_FALSE(exists("run/eval"));
}

TEST_F(EvalAll, TablesCollectRunsAndSeveralSeedsAreOneRow) {
  ASSERT_EQ(run("cebm-train -q --config tiny.yaml --data-root data --out second --set train.seed=2").code, 0);
  for (const char* directory : {"run", "second"}) {
    ASSERT_EQ(
        run("cebm-eval few-shot --data-root data --set 'shots=[1,3]' --set draws=2 --run " + std::string(directory))
            .code,
        0);
  }
  const Outcome markdown = run("cebm-eval table --runs run second");
  ASSERT_EQ(markdown.code, 0) << markdown.err;
  EXPECT_THAT(markdown.out, HasSubstr("| | MNIST, 1 | MNIST, 3 | MNIST, 10 | MNIST, 100 | MNIST, all |"));
  EXPECT_TRUE(std::regex_search(markdown.out, std::regex(R"(\| CEBM \| [*\d.]+ ± [\d.]+ \[2\][*]* \(67, )")))
      << markdown.out;
  EXPECT_THAT(markdown.err, HasSubstr("run: ood: no result; `cebm-eval ood --run run` makes it"));
  EXPECT_THAT(run("cebm-eval table --runs run --format latex").out, HasSubstr("\\toprule"));
  EXPECT_THAT(run("cebm-eval table --runs run --format csv").out, HasSubstr("CEBM,MNIST,10,missing,,0,89,,0\n"));
  EXPECT_EQ(run("cebm-eval table --runs run second --out tables").code, 0);
  for (const char* file : {"few_labels.md", "few_labels.tex", "few_labels.csv", "ood.md", "ood.tex", "ood.csv"}) {
    EXPECT_TRUE(exists(std::string("tables/") + file)) << file;
  }
}

TEST_F(EvalAll, TablesOfWhatIsNoRunOrDamagedAreOneClearError) {
  EXPECT_EQ(run("cebm-eval table").code, 2);
  EXPECT_EQ(run("cebm-eval table --runs run run").code, 2);
  EXPECT_EQ(run("cebm-eval table --runs run --metric best").code, 2);
  const Outcome absent = run("cebm-eval table --runs run absent");
  EXPECT_EQ(absent.code, 1);
  EXPECT_THAT(absent.err, HasSubstr("absent: expected a run"));
  std::filesystem::create_directories(folder_ / "run/eval/ood");
  write("run/eval/ood/result.json", "{\"evaluator\": \"ood\"");
  const Outcome damaged = run("cebm-eval table --runs run");
  EXPECT_EQ(damaged.code, 1);
  EXPECT_THAT(damaged.err, HasSubstr("run/eval/ood/result.json: expected the JSON of a result, found damage"));
}

}  // namespace cebm
