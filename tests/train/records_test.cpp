#include <cebm/files.h>
#include <gmock/gmock.h>

#include "support/folder_test.h"
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

}  // namespace
}  // namespace cebm
