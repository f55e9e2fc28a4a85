// The flags of evaluations: those without an effect are refused, and those with one have results of their own.
#include <nlohmann/json.hpp>

#include "apps/program.h"

namespace cebm {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class EvalFlags : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(train("-q --set train.ema_decay=0.9").code, 0);
  }
  Outcome eval(const std::string& arguments) const {
    return run("cebm-eval " + arguments + " --run run --data-root data");
  }
  static std::string few_shot() { return "few-shot --set 'shots=[1,3]' --set draws=2 "; }
  static std::string ood() { return "ood --set sets=constant --set bootstrap=20 "; }
  nlohmann::json whole(const std::string& folder) const {
    return nlohmann::json::parse(contents(folder_ / "run/eval" / folder / "result.json"));
  }
  std::string command(const std::string& folder) const { return whole(folder).at("command"); }
};

TEST_F(EvalFlags, ThatAnEvaluatorDoesNotReadAreRefusedByName) {
  struct Case {
    std::string command;
    std::string message;
  };
  for (const Case& which : {Case{few_shot() + "--split banana", "--split banana: has no effect on few-shot"},
                            Case{"confusion --data mnist", "--data mnist: has no effect on confusion"},
                            Case{"neighbors --split train", "--split train: has no effect on neighbors"},
                            Case{"samples --split train", "--split train: has no effect on samples"},
                            Case{"chains --split train", "--split train: has no effect on chains"},
                            Case{"log-partition --split train", "--split train: has no effect on log-partition"},
                            Case{"scores --data constant --data-option limit=20",
                                 "--data-option limit=20: has no effect on scores, which does not look at the set"}}) {
    const Outcome outcome = eval(which.command);
    EXPECT_EQ(outcome.code, 2) << which.command;
    EXPECT_THAT(outcome.err, HasSubstr(which.message)) << which.command;
  }
  EXPECT_FALSE(exists("run/eval"));
  const Outcome unknown = eval("scores --split banana");
  EXPECT_NE(unknown.code, 0);
  EXPECT_THAT(unknown.err, HasSubstr("banana"));
}

TEST_F(EvalFlags, OfTheRunsOwnSetAreReadForWhatIsMadeOfIt) {
  const Outcome outcome = eval("scores --data shuffled --data-option limit=7 --set columns=energy");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(whole("scores/shuffled_test_limit=7").at("result").at("images"), 7);
}

TEST_F(EvalFlags, AreTakenByAllWhereOneEvaluatorReadsThem) {
  const Outcome outcome = eval(
      "all --split train --data-option limit=20 --set 'few-shot.shots=[1]' --set few-shot.draws=2 "
      "--set ood.sets=constant --set ood.bootstrap=20");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(command("ood/train_limit=20"), AllOf(HasSubstr("--split train"), HasSubstr("limit=20")));
  EXPECT_THAT(command("few-shot/limit=20"), Not(HasSubstr("--split")));
  const Outcome again = run(command("few-shot/limit=20"));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("its result stands"));
}

TEST_F(EvalFlags, OfOtherImagesOrWeightsLeaveTheRegularResultWhereItIs) {
  ASSERT_EQ(eval(few_shot()).code, 0);
  ASSERT_EQ(eval(ood()).code, 0);
  const std::string regular = contents(folder_ / "run/eval/ood/result.json");
  ASSERT_EQ(eval(ood() + "--split train --data-option limit=20").code, 0);
  ASSERT_EQ(eval(few_shot() + "--weights live").code, 0);
  EXPECT_EQ(contents(folder_ / "run/eval/ood/result.json"), regular);
  EXPECT_EQ(whole("ood/train_limit=20").at("provenance").at("data")[0].at("images"), 20);
  EXPECT_EQ(whole("few-shot/live").at("provenance").at("averaged"), false);
  EXPECT_EQ(whole("few-shot").at("provenance").at("averaged"), true);
  const Outcome table = run("cebm-eval table --runs run");
  EXPECT_THAT(table.err, AllOf(Not(HasSubstr("few-shot:")), Not(HasSubstr("ood:"))));
}

TEST_F(EvalFlags, OfOtherImagesAreNotedByATableWhoseResultTheyReplace) {
  ASSERT_EQ(eval(ood() + "--split train --out run/eval/ood").code, 0);
  ASSERT_EQ(eval(few_shot() + "--data-option limit=20 --set 'shots=[1]' --out run/eval/few-shot").code, 0);
  const Outcome table = run("cebm-eval table --runs run");
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.err, AllOf(HasSubstr("ood: the result is of the split train, not of test; `cebm-eval ood"),
                               HasSubstr("few-shot: the result is of other images")));
  EXPECT_THAT(table.out, Not(HasSubstr("Constant")));
}

TEST_F(EvalFlags, OutMakesDoWithoutWritingIntoTheRun) {
  ASSERT_EQ(eval("scores --set columns=energy").code, 0);
  std::filesystem::remove_all(folder_ / "run/eval/columns");
  write("run/eval/columns", "a file where the folder should be");
  std::filesystem::remove(folder_ / "run/eval/events.out.tfevents.0.cebm");
  std::filesystem::create_directory(folder_ / "run/eval/events.out.tfevents.0.cebm");
  const Outcome outcome = eval("scores --set columns=latent --out elsewhere");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("warning what is computed is not kept for later evaluations: run/eval/columns"));
  EXPECT_TRUE(exists("elsewhere/latent.npy"));
}

}  // namespace cebm
