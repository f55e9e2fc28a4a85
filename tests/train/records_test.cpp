#include <cebm/files.h>
#include <gmock/gmock.h>

#include "support/small_training.h"
#include "train/run_files.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

class Records : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    fs::create_directories(folder_ / "samples");
  }
  fs::path file() const { return folder_ / "metrics.csv"; }
};

TEST_F(Records, OneWithoutACheckpointIsSetAsideUnderAFreeName) {
  EXPECT_FALSE(set_record_aside(folder_));
  for (const char* number : {"1", "2"}) {
    write_file_atomically(file(), number);
    const std::optional<fs::path> aside = set_record_aside(folder_);
    ASSERT_TRUE(aside);
    EXPECT_EQ(*aside, folder_ / (std::string("metrics.before_") + number + ".csv"));
    EXPECT_EQ(read_file(*aside), number);
    EXPECT_FALSE(fs::exists(file()));
  }
}

TEST_F(Records, AreSetAsideUnderOneNumberThatIsFreeForAll) {
  write("metrics.before_1.csv", "old");
  write("events.before_3.csv", "old");
  for (const char* number : {"2", "4"}) {
    write("metrics.csv", number);
    write("events.csv", number);
    const auto kept = set_records_aside(folder_, {"metrics.csv", "timing.csv", "events.csv"});
    const std::string end = std::string(".before_") + number + ".csv";
    EXPECT_THAT(kept, testing::ElementsAre(folder_ / ("metrics" + end), folder_ / ("events" + end)));
    for (const fs::path& file : kept) EXPECT_EQ(read_file(file), number);
  }
  EXPECT_FALSE(fs::exists(folder_ / "events.csv"));
}

TEST_F(Records, GridsOfLaterStepsAreRemovedByTheirNumberAndNothingElse) {
  for (const char* name : {"step_000000002.png", "step_000000004.png", "step_1000000001.png", "step_favourite.png",
                           "step_notes.txt", "step_000000009.txt", "step_9.png", "data.png"}) {
    write(std::string("samples/") + name, "");
  }
  remove_samples_after(folder_, 1'000'000'000);
  EXPECT_FALSE(fs::exists(folder_ / "samples/step_1000000001.png"));
  EXPECT_TRUE(fs::exists(folder_ / "samples/step_000000004.png"));
  remove_samples_after(folder_, 3);
  EXPECT_THAT(names_in(folder_ / "samples"),
              UnorderedElementsAre("step_000000002.png", "step_favourite.png", "step_notes.txt", "step_000000009.txt",
                                   "step_9.png", "data.png"));
}

TEST_F(Records, EachFileThatATrainingWritesIsInTheWayOfOne) {
  write("log.txt", "");
  write("samples/step_favourite.png", "");
  EXPECT_EQ(file_in_the_way(folder_), std::nullopt);
  for (const char* name :
       {"metrics.json", "timing.csv", "events.csv", "events.out.tfevents.0.cebm", "run.json", "report.html",
        "samples/data.png", "samples/step_000000001.png", "samples/step_000000500.png"}) {
    write(name, "");
    EXPECT_EQ(file_in_the_way(folder_), folder_ / name);
    fs::remove(folder_ / name);
  }
}

TEST_F(Records, AFailedStartLeavesALinkToAnotherDisk) {
  fs::create_directories(folder_ / "disk");
  fs::create_directory_symlink("disk", folder_ / "checkpoints");
  write("config.yaml", "");
  remove_start(folder_);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("disk", "checkpoints"));
}

class RecordsOfATraining : public SmallTraining {};

TEST_F(RecordsOfATraining, OutliveTheLossOfItsCheckpoints) {
  const std::vector<std::string> overrides{"train.steps=4", "train.log_every=2"};
  run("cebm", "run", overrides, {});
  fs::remove_all(folder_ / "run/checkpoints");
  write("run/events.csv", "step,event\n3,diverged\n");
  std::vector<std::string> before;
  const std::vector<std::string> records{"metrics", "timing", "events"};
  for (const std::string& name : records) before.push_back(contents(folder_ / "run" / (name + ".csv")));
  EXPECT_EQ(run("cebm", "run", overrides, {.resume = true}).code, TrainOutcome::finished);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const fs::path kept = folder_ / "run" / (records[i] + ".before_1.csv");
    EXPECT_EQ(contents(kept), before[i]) << kept;
    EXPECT_THAT(messages_, testing::HasSubstr(kept.string()));
  }
  EXPECT_FALSE(fs::exists(folder_ / "run/events.csv")) << "nothing has happened yet";
}

}  // namespace
}  // namespace cebm
