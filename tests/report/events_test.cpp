// The event file of a training: what is in it, and that stops, rollbacks and a lost file leave no trace.
#include <cebm/errors.h>

#include "report/run_events.h"
#include "runs/metrics_log.h"
#include "support/png_files.h"
#include "support/small_training.h"
#include "tensorboard/record.h"
#include "tensorboard/summary.h"

namespace cebm::events_test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Steps = std::vector<std::uint64_t>;

void no_warning(const std::string& text) { ADD_FAILURE() << text; }

class Events : public SmallTraining {
 protected:
  static inline const std::vector<std::string> kSetting{"train.steps=25", "train.log_every=5", "train.sample_every=10",
                                                        "checkpoint.every=10"};

  std::vector<std::string> with(const std::vector<std::string>& more) const {
    std::vector<std::string> all = kSetting;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string file(const std::string& run) const { return contents(event_file_of(folder_ / run)); }

  /// Steps of the events that mention `tag`, in the order of the file.
  Steps steps_of(const std::string& run, const std::string& tag) const {
    const std::string bytes = file(run);
    Steps steps;
    for (const std::string_view event : records_in(bytes)) {
      if (event.find(tag) != std::string_view::npos) steps.push_back(step_of_event(event));
    }
    return steps;
  }
};

TEST_F(Events, HaveEveryRowEveryGridAndTheEnergies) {
  run("cebm", "run", kSetting, {});
  EXPECT_THAT(steps_of("run", "train/energy_gap"), ElementsAre(5, 10, 15, 20, 25));
  EXPECT_THAT(steps_of("run", "train/energies_data"), ElementsAre(5, 10, 15, 20, 25));
  EXPECT_THAT(steps_of("run", "train/energies_model"), ElementsAre(5, 10, 15, 20, 25));
  EXPECT_THAT(steps_of("run", "samples"), ElementsAre(10, 20, 25));
  EXPECT_THAT(steps_of("run", "_hparams_/session_start_info"), ElementsAre(0));
  EXPECT_THAT(file("run"), HasSubstr("    train:\n")) << "the configuration";
  const MetricsTable metrics = read_metrics(folder_ / "run/metrics.csv");
  for (std::size_t column = 1; column < metrics.columns.size(); ++column) {
    const SummaryValue value = scalar_value("train/" + metrics.columns[column], metrics.values[column].back());
    EXPECT_THAT(file("run"), HasSubstr(value.encoded())) << "the value of metrics.csv";
  }
}

TEST_F(Events, OfARunThatWasStoppedAnywhereAreThoseOfOneThatWasNot) {
  run("cebm", "straight", kSetting, {});
  for (const std::uint64_t stop : {1, 7, 10, 15, 21}) {
    const std::string name = "stopped" + std::to_string(stop);
    EXPECT_EQ(run("cebm", name, kSetting, {.stop_after = stop}).code, TrainOutcome::stopped);
    run("cebm", name, kSetting, {.resume = true});
    EXPECT_TRUE(file(name) == file("straight")) << stop;
  }
}

TEST_F(Events, WrittenAfterTheLastCheckpointOfAProcessThatDiedComeOnce) {
  run("cebm", "run", kSetting, {.stop_after = 12});
  const std::string before = file("run");
  // What a kill leaves: an event of a step that no checkpoint has, and a part of another.
  const std::string later = record_of(row_event(15, {{"energy_gap", 1.0}}));
  write("run/events.out.tfevents.0.cebm", before + later + later.substr(0, 20));
  run("cebm", "run", kSetting, {.resume = true});
  run("cebm", "straight", kSetting, {});
  EXPECT_TRUE(file("run") == file("straight"));
}

TEST_F(Events, OfALastStepThatClosesNoIntervalGiveWayToALongerRun) {
  run("cebm", "run", with({"train.steps=23"}), {});
  EXPECT_THAT(steps_of("run", "train/energy_gap"), ElementsAre(5, 10, 15, 20, 23));
  EXPECT_THAT(steps_of("run", "samples"), ElementsAre(10, 20, 23));
  run("cebm", "run", with({"train.steps=30"}), {.resume = true});
  run("cebm", "straight", with({"train.steps=30"}), {});
  EXPECT_THAT(steps_of("run", "train/energy_gap"), ElementsAre(5, 10, 15, 20, 25, 30));
  EXPECT_TRUE(file("run") == file("straight")) << "its configuration, too, is that of the longer run";
}

TEST_F(Events, AreSwitchedOffAndOnAgainWithoutAGap) {
  run("cebm", "run", with({"train.tensorboard=false"}), {.stop_after = 12});
  EXPECT_FALSE(std::filesystem::exists(event_file_of(folder_ / "run")));
  run("cebm", "run", kSetting, {.resume = true});
  EXPECT_THAT(steps_of("run", "train/energy_gap"), ElementsAre(5, 10, 15, 20, 25));
  EXPECT_THAT(steps_of("run", "samples"), ElementsAre(10, 20, 25));
  EXPECT_THAT(steps_of("run", "train/energies_data"), ElementsAre(15, 20, 25)) << "histograms are in no other file";
  EXPECT_THAT(messages_, Not(HasSubstr("tfevents")));
}

TEST_F(Events, KeepTheirHistogramsWhereTheyAreSwitchedOffForAWhile) {
  run("cebm", "run", with({"train.steps=13"}), {});
  run("cebm", "run", with({"train.steps=17", "train.tensorboard=false"}), {.resume = true});
  run("cebm", "run", kSetting, {.resume = true});
  EXPECT_THAT(steps_of("run", "train/energy_gap"), ElementsAre(5, 10, 15, 20, 25));
  EXPECT_THAT(steps_of("run", "samples"), ElementsAre(10, 20, 25)) << "none of a last step that was none";
  EXPECT_THAT(steps_of("run", "train/energies_data"), ElementsAre(5, 10, 20, 25))
      << "all but those of the time without";
  EXPECT_THAT(messages_, Not(HasSubstr("tfevents")));
}

TEST_F(Events, AreRebuiltWithTheHistogramsOfTheSameRowsAlone) {
  const NamedTensors energies{{"energies", torch::arange(3.0)}};
  const std::string same = row_event(5, {{"loss", 1.0}}, energies);
  // Of an attempt that was rolled back while no events were written.
  const std::string undone = row_event(10, {{"loss", 3.0}}, energies);
  write("metrics.csv", "step,loss\n5,1\n10,2\n15,4\n");
  write("events.out.tfevents.0.cebm", record_of(same) + record_of(undone));
  EXPECT_THAT(reconstructed_events(folder_, 10, no_warning), ElementsAre(same, row_event(10, {{"loss", 2.0}})));
}

TEST_F(Events, ThatAreLostOrDamagedAreWrittenAnewWithAWarning) {
  for (const std::string& left : {std::string(), std::string("no event file")}) {
    const std::string name = left.empty() ? "lost" : "damaged";
    run("cebm", name, kSetting, {.stop_after = 12});
    std::filesystem::remove(event_file_of(folder_ / name));
    if (!left.empty()) write(name + "/events.out.tfevents.0.cebm", left);
    run("cebm", name, kSetting, {.resume = true});
    EXPECT_THAT(messages_, HasSubstr("found fewer: it is written anew"));
    EXPECT_THAT(steps_of(name, "train/energy_gap"), ElementsAre(5, 10, 15, 20, 25));
  }
}

TEST_F(Events, AreMadeForARunThatHasNone) {
  run("cebm", "off", with({"train.tensorboard=false"}), {});
  run("cebm", "on", kSetting, {});
  EXPECT_TRUE(write_run_events(folder_ / "off", no_warning));
  EXPECT_FALSE(write_run_events(folder_ / "off", no_warning)) << "it has one now";
  for (const std::string tag : {"train/energy_gap", "samples", "_hparams_/session_start_info"}) {
    EXPECT_THAT(steps_of("off", tag), ElementsAreArray(steps_of("on", tag)));
  }
  EXPECT_THROW(write_run_events(folder_, no_warning), CheckpointError);
}

TEST_F(Events, GoWithoutPicturesThatTensorBoardCannotShowAndNameThem) {
  run("cebm", "run", kSetting, {.stop_after = 22});
  const std::string palette = png_with(1, 1, 8, 3, chunk("PLTE", "rgb") + data_chunk(std::string(2, '\0')));
  write("run/samples/step_000000010.png", palette);
  std::filesystem::remove(event_file_of(folder_ / "run"));
  EXPECT_EQ(run("cebm", "run", kSetting, {.resume = true}).code, TrainOutcome::finished);
  EXPECT_THAT(messages_, HasSubstr("run/samples/step_000000010.png: expected a grey or RGB picture"));
  EXPECT_THAT(steps_of("run", "samples"), ElementsAre(20, 25));

  write("run/samples/data.png", palette);
  std::filesystem::remove(event_file_of(folder_ / "run"));
  std::string warnings;
  EXPECT_TRUE(write_run_events(folder_ / "run", [&](const std::string& text) { warnings += text + "\n"; }));
  EXPECT_THAT(warnings, HasSubstr("samples/data.png: expected a grey or RGB picture"));
  EXPECT_THAT(warnings, HasSubstr("samples/step_000000010.png: "));
}

TEST_F(Events, OfATrainingWithoutEnergiesHaveNoHistograms) {
  run("vae", "run", kSetting, {});
  EXPECT_THAT(steps_of("run", "energies"), IsEmpty());
  EXPECT_THAT(steps_of("run", "train/loss"), ElementsAre(5, 10, 15, 20, 25));
}

TEST_F(Events, OfEvaluationsAreTheNumbersOfTheirResults) {
  EXPECT_EQ(write_evaluation_events(folder_), 0U);
  const auto result = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder_ / "eval" / name);
    write("eval/" + name + "/result.json", text);
  };
  result("ood", R"({"evaluator": "ood", "options": "", "provenance": {"step": 20}, "result": {"auroc": 0.75}})");
  result("few-shot", R"({"evaluator": "few-shot", "options": "", "provenance": {"step": 10}, "result": {"k": 3}})");
  result("damaged", "{");
  EXPECT_EQ(write_evaluation_events(folder_), 2U);
  const std::string bytes = contents(folder_ / "eval/events.out.tfevents.0.cebm");
  const auto records = records_in(bytes);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[1], event_of(10, {scalar_value("few-shot/k", 3.0)}));
  EXPECT_EQ(records[2], event_of(20, {scalar_value("ood/auroc", 0.75)}));
}

}  // namespace
}  // namespace cebm::events_test
