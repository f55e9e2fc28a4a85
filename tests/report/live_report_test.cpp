// report.html while a training goes on, and how it begins.
#include <cebm/run_report.h>

#include "report/run_heading.h"
#include "support/small_training.h"

namespace cebm::live_report_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LiveReport : public SmallTraining {
 protected:
  std::string page() const {
    return std::filesystem::exists(folder_ / "run/report.html") ? contents(folder_ / "run/report.html") : "";
  }

  /// The pages that there are after each step.
  std::vector<std::string> pages(const std::vector<std::string>& overrides, bool resume = false) const {
    std::vector<std::string> seen;
    run("cebm", "run", overrides, {.resume = resume, .on_step = [&](std::uint64_t) { seen.push_back(page()); }});
    return seen;
  }
};

TEST_F(LiveReport, ComesWithTheFirstRowAndLoadsItselfAnewUntilTheEnd) {
  const auto seen = pages({"train.steps=12", "train.log_every=4"});
  ASSERT_EQ(seen.size(), 12U);
  EXPECT_EQ(seen[2], "");
  EXPECT_THAT(seen[3], AllOf(HasSubstr("<meta http-equiv=\"refresh\" content=\"15\">"),
                             HasSubstr("In training: step 4 of 12"), HasSubstr("steps a second, about"),
                             HasSubstr("A cebm on noise, trained by pcd for 4 of 12 steps."), HasSubstr("Curves")));
  EXPECT_EQ(seen[10], seen[3]) << "the next one is due after 15 s";
  EXPECT_THAT(page(), AllOf(Not(HasSubstr("http-equiv=\"refresh\"")), Not(HasSubstr("In training")),
                            HasSubstr("for 12 of 12 steps."), HasSubstr("at step 12.")));
}

TEST_F(LiveReport, NamesAPictureThatItCannotShow) {
  std::filesystem::create_directories(folder_ / "run");
  write("run/noise.png", "no picture");
  pages({"train.steps=12", "train.log_every=4", "train.sample_every=4"});
  EXPECT_THAT(page(), AllOf(HasSubstr("A picture that cannot be shown: "), HasSubstr("noise.png"),
                            HasSubstr("for 12 of 12 steps.")));
}

TEST_F(LiveReport, ShowsTheDataAndWhatWasDrawnAlsoWhereTheTrainingDrawsNoSamples) {
  run("cebm", "run", {"train.steps=4", "train.log_every=4"}, {});
  std::filesystem::remove(folder_ / "run/samples/step_000000004.png");
  write("run/noise.png", contents(folder_ / "run/samples/data.png"));
  write_run_report(folder_ / "run");
  EXPECT_THAT(page(), AllOf(HasSubstr("<h2>Training data</h2>"), HasSubstr("<h2>Drawn by cebm-sample</h2>"),
                            HasSubstr("chains from uniform noise"), Not(HasSubstr("Data beside samples"))));
}

TEST_F(LiveReport, ThatCannotBeMadeDoesNotEndTheTraining) {
  const auto damage = [&](std::uint64_t) { write("run/metrics.json", "{"); };
  const Outcome outcome = run("cebm", "run", {"train.steps=12", "train.log_every=4"}, {.on_step = damage});
  EXPECT_EQ(outcome.code, TrainOutcome::finished);
  EXPECT_THAT(outcome.messages, AllOf(HasSubstr("going on without report.html"), HasSubstr("metrics.json")));
}

TEST_F(LiveReport, IsWrittenAtTheEndAloneWhereThatIsAskedFor) {
  for (const std::string& seen : pages({"train.steps=12", "train.log_every=4", "train.report_every=0"})) {
    EXPECT_EQ(seen, "");
  }
  EXPECT_THAT(page(), HasSubstr("for 12 of 12 steps."));
}

TEST_F(LiveReport, TellsOfWarningsAndOfTheCommandThatGoesOn) {
  const std::vector<std::string> overrides{"train.steps=12", "train.log_every=4"};
  run("cebm", "run", overrides, {.stop_after = 6});
  const std::string stopped = page();
  EXPECT_THAT(stopped, Not(HasSubstr("goes on with"))) << "a caller that has no command";
  write("run/run.json", R"({"config": "mine", "command": "cebm-train --config mine --resume", "version": "9"})");
  write_run_report(folder_ / "run");
  EXPECT_THAT(page(), AllOf(HasSubstr("It goes on with:"), HasSubstr("cebm-train --config mine --resume"),
                            HasSubstr("<td>mine</td>"), HasSubstr("for 4 of 12 steps.")));
  std::filesystem::remove(folder_ / "run/events.out.tfevents.0.cebm");
  const auto seen = pages(overrides, /*resume=*/true);
  EXPECT_THAT(seen[2], AllOf(HasSubstr("Warning: "), HasSubstr("it is written anew"))) << "at step 8";
}

TEST_F(LiveReport, OfARunWithADamagedOriginIsWrittenWithoutIt) {
  run("cebm", "run", {"train.steps=4", "train.log_every=4"}, {});
  write("run/run.json", "{");
  write_run_report(folder_ / "run");
  EXPECT_THAT(page(), AllOf(HasSubstr("for 4 of 4 steps."), Not(HasSubstr("<td>machine</td>"))));
}

TEST_F(LiveReport, IsNamedAfterTheRunsFolderHoweverThatIsWritten) {
  run("cebm", "run", {"train.steps=4", "train.log_every=4"}, {});
  for (const char* name : {"run", "run/", "run/.", "run//"}) {
    write_run_report(folder_ / name);
    EXPECT_THAT(page(), HasSubstr("<title>cebm run run</title>")) << name;
  }
}

TEST(DurationText, HasTwoUnitsAtMost) {
  EXPECT_EQ(duration_text(0.2), "1 s");
  EXPECT_EQ(duration_text(119), "119 s");
  EXPECT_EQ(duration_text(150), "3 min");
  EXPECT_EQ(duration_text(3 * 3600 + 25 * 60), "3 h 25 min");
  EXPECT_EQ(duration_text(3 * 86400 + 5 * 3600), "3 days 5 h");
  EXPECT_EQ(duration_text(1e300), "more than 30 years");
}

}  // namespace
}  // namespace cebm::live_report_test
