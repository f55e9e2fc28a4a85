#include <cebm/image_io.h>
#include <cebm/random.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;

/// Evaluations by the real program.
class Eval : public ProgramTest {
 protected:
  nlohmann::json ranking(const torch::Tensor& in, const torch::Tensor& out) const {
    write_npy(folder_ / "in.npy", in);
    write_npy(folder_ / "out.npy", out);
    const Outcome outcome = run("cebm-eval ranking in.npy out.npy --bootstrap 200");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  static double auroc(const nlohmann::json& found) { return found.at("auroc").at("value"); }
};

TEST_F(Eval, APerfectScoreHasAurocOneAUselessOneOneHalfAnInvertedOneZero) {
  const torch::Tensor low = torch::arange(200, torch::kFloat);
  const torch::Tensor high = torch::arange(300, torch::kFloat) + 1000.0F;
  const nlohmann::json perfect = ranking(high, low);
  EXPECT_EQ(perfect.at("positive_class"), "in-distribution");
  EXPECT_EQ(auroc(perfect), 1.0);
  EXPECT_EQ(perfect.at("aupr").at("value"), 1.0);
  EXPECT_EQ(perfect.at("fpr95").at("value"), 0.0);
  const nlohmann::json inverted = ranking(low, high);
  EXPECT_EQ(auroc(inverted), 0.0);
  EXPECT_EQ(inverted.at("fpr95").at("value"), 1.0);
  const nlohmann::json useless = ranking(uniform({400}, {.seed = 1}), uniform({500}, {.seed = 2}));
  EXPECT_LT(useless.at("auroc").at("ci95")[0], 0.5);
  EXPECT_GT(useless.at("auroc").at("ci95")[1], 0.5);
}

TEST_F(Eval, HelpHasTheOptionsOfEveryEvaluatorWithTheirDefaults) {
  const std::string all = run("cebm-eval --help-config").out;
  EXPECT_THAT(all, HasSubstr("\nlog-partition: log Z by"));
  for (const char* option : {"pilot = 16 (integer in [2, 100000])", "reverse = buffer", "longest_lag = 100",
                             "bootstrap = 1000 (integer in [1, 1000000])", "shots = [1, 10, 100]"}) {
    EXPECT_THAT(all, HasSubstr(std::string("\n  ") + option)) << option;
  }
  const std::string of_one = run("cebm-eval log-partition --help").out;
  EXPECT_THAT(of_one, HasSubstr("  pilot = 16 (integer in [2, 100000])\n      chains that find step sizes"));
  EXPECT_THAT(of_one, testing::Not(HasSubstr("longest_lag")));
}

TEST_F(Eval, ASecondSubcommandIsRefusedNotDoneInPlaceOfTheFirst) {
  write_npy(folder_ / "a.npy", torch::ones({3}));
  const Outcome first = run("cebm-eval ranking a.npy a.npy --bootstrap 1 report --run r");
  EXPECT_EQ(first.code, 2);
  EXPECT_THAT(first.err, HasSubstr("report"));
  const Outcome second = run("cebm-eval export --run r --out e ranking a.npy a.npy");
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr("ranking"));
}

TEST_F(Eval, RunsMayBeNamedAsSubcommands) {
  for (const std::string name : {"vae", "samples"}) {
    std::filesystem::create_directories(folder_ / name);
    write(name + "/config.yaml", "train: {steps: 1}\n");
  }
  const Outcome outcome = run("cebm-eval tensorboard --runs vae samples");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "vae/events.out.tfevents.0.cebm\nsamples/events.out.tfevents.0.cebm\n");
}

TEST_F(Eval, ScoresThatCannotBeRankedAreOneClearError) {
  write_npy(folder_ / "good.npy", torch::ones({3}));
  write_npy(folder_ / "empty.npy", torch::ones({0}));
  const Outcome empty = run("cebm-eval ranking good.npy empty.npy");
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("empty.npy"));
  write_npy(folder_ / "scalar.npy", torch::ones({}));
  EXPECT_EQ(run("cebm-eval ranking good.npy scalar.npy").code, 1);
  EXPECT_EQ(run("cebm-eval ranking good.npy absent.npy").code, 1);
  EXPECT_EQ(run("cebm-eval ranking good.npy").code, 2);
}

TEST_F(Eval, ScoresThatAreNotFiniteAreNamedByFileAndRow) {
  write_npy(folder_ / "good.npy", torch::ones({3}));
  for (const double bad : {std::nan(""), -HUGE_VAL, HUGE_VAL}) {
    torch::Tensor scores = torch::ones({5}, torch::kDouble);
    scores[3] = bad;
    write_npy(folder_ / "bad.npy", scores);
    const Outcome outcome = run("cebm-eval ranking good.npy bad.npy");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("bad.npy: row 3 (from 0): expected finite numbers"));
  }
}

TEST_F(Eval, EqualAndSingleScoresAndTablesOfOneColumnAreRanked) {
  const torch::Tensor scores = torch::arange(7, torch::kDouble);
  EXPECT_EQ(auroc(ranking(torch::ones({4}), torch::ones({5}))), 0.5);
  EXPECT_EQ(auroc(ranking(scores + 10, torch::zeros({1}))), 1.0);
  EXPECT_EQ(ranking(scores.view({7, 1}), torch::ones({1, 5}).to(torch::kLong)), ranking(scores, torch::ones({5})));
}

TEST_F(Eval, AnEvaluationsFilesDependOnNeitherBatchSizeNorThreads) {
  ASSERT_EQ(train("-q").code, 0);
  for (const std::string command :
       {"few-shot --set shots=[1,3] --set draws=2", "ood --set sets=constant --set bootstrap=20", "scores"}) {
    const std::string name = command.substr(0, command.find(' '));
    const auto bytes = [&](const std::string& out, const std::string& flags) {
      const Outcome outcome = run("cebm-eval " + command + " --run run --data-root data --out " + out + " " + flags);
      EXPECT_EQ(outcome.code, 0) << outcome.err;
      std::filesystem::remove_all(folder_ / "run/eval/columns");
      std::map<std::string, std::string> files;
      for (const std::string& file : names_in(folder_ / out)) files[file] = contents(folder_ / out / file);
      return files;
    };
    const auto expected = bytes(name + "_a", "--batch-size 64 --threads 1");
    EXPECT_TRUE(expected.contains("result.json"));
    EXPECT_GE(expected.size(), 2U);
    EXPECT_EQ(bytes(name + "_b", "--batch-size 5 --threads 2"), expected) << name;
  }
}

// How MKL computes a product decides whether its bits depend on threads: none may be left to its default.
TEST_F(Eval, EveryProductOfMklIsInAReproducibleModeThatTheUserCanChoose) {
  ASSERT_EQ(train("-q").code, 0);
  const auto products = [&](const std::string& environment) {
    std::filesystem::remove_all(folder_ / "run/eval");
    const Outcome outcome =
        run("cebm-eval scores --run run --data-root data --threads 2", "MKL_VERBOSE=1 " + environment);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::istringstream text(outcome.out);
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);) {
      if (line.find("GEMM(") != std::string::npos) found.push_back(line);
    }
    return found;
  };
  const auto own = products("");
  if (own.empty()) GTEST_SKIP() << "LibTorch without MKL";
  for (const std::string& product : own) {
    EXPECT_THAT(product, testing::Not(HasSubstr("CNR:OFF")));
    EXPECT_THAT(product, HasSubstr("NThr:1")) << "a tile is one thread's";
  }
  for (const std::string& product : products("MKL_CBWR=COMPATIBLE")) EXPECT_THAT(product, HasSubstr("CNR:COMPATIBLE"));
}

TEST_F(Eval, TheDataRootThatIsGivenWinsOverTheEnvironments) {
  ASSERT_EQ(train("-q").code, 0);
  data_variable_ = (folder_ / "data").string();
  ASSERT_EQ(run("cebm-eval scores --run run").code, 0) << "found by the environment";
  std::filesystem::create_directories(folder_ / "other/mnist");
  write("other/mnist/t10k-images-idx3-ubyte", idx_header({0, 28, 28}));
  write("other/mnist/t10k-labels-idx1-ubyte", idx_header({0}));
  const Outcome empty = run("cebm-eval scores --run run --data-root other");
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("other/mnist/t10k-images-idx3-ubyte: at byte 4"));
}

TEST_F(Eval, FewerLabelsThanAskedForIsOneClearError) {
  ASSERT_EQ(train("-q").code, 0);
  const Outcome outcome = run("cebm-eval few-shot --run run --data-root data");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("at least 100 labelled images of each class, found 4"));
}

}  // namespace cebm
