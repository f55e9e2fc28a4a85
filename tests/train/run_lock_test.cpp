#include "train/run_lock.h"

#include <cebm/errors.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class DirectoryLock : public FolderTest {
 protected:
  /// An unfinished checkpoint, as the process `writer` leaves it.
  void leave(const std::string& name, const std::string& kind, const std::string& writer) const {
    const fs::path folder = folder_ / "checkpoints" / ("." + name + kind + writer);
    fs::create_directories(folder);
    write(fs::relative(folder, folder_).string() + "/model.safetensors", "x");
  }
};

TEST_F(DirectoryLock, RemovesWhatIsUnfinishedWhateverProcessNumberItBears) {
  for (const char* folder : {"checkpoints", "samples", "curves", "eval"}) fs::create_directories(folder_ / folder);
  // Process 1 always lives; so does the one that runs this test.
  for (const std::string& writer : {std::string("1"), std::to_string(getppid()), std::to_string(getpid())}) {
    leave("step_000000006", ".tmp-", writer);
    for (const std::string name : {".config.yaml.", "samples/.data.png.", "curves/.gap.svg.", "checkpoints/.latest."}) {
      write(name + "tmp-" + writer, "x");
      write(name + writer + ".tmp", "as earlier versions call it");
    }
  }
  fs::create_directories(folder_ / "checkpoints/.latest.tmp-7/a folder that was copied from a link");
  write("eval/.result.json.tmp-1", "not the training's");
  write(".hidden", "");
  {
    const Lock lock = lock_run(folder_);
    EXPECT_TRUE(lock.excludes_others());
    EXPECT_THAT(names_in(folder_),
                UnorderedElementsAre(".lock", ".hidden", "checkpoints", "samples", "curves", "eval"));
    for (const char* folder : {"checkpoints", "samples", "curves"})
      EXPECT_TRUE(fs::is_empty(folder_ / folder)) << folder;
    EXPECT_EQ(names_in(folder_ / "eval").size(), 1U);
  }
}

TEST_F(DirectoryLock, PutsACheckpointBackThatWasAboutToBeReplaced) {
  leave("step_000000006", ".old-", "1");
  const Lock lock = lock_run(folder_);
  EXPECT_THAT(names_in(folder_ / "checkpoints"), UnorderedElementsAre("step_000000006"));
}

TEST_F(DirectoryLock, ThatAnotherHoldsRemovesNothing) {
  const Lock first = lock_run(folder_);
  write(".config.yaml.tmp-1", "");
  EXPECT_THAT(message_of<IoError>([&] { lock_run(folder_); }),
              HasSubstr("another process (" + std::to_string(getpid()) + " on "));
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre(".lock", ".config.yaml.tmp-1"));
}

}  // namespace
}  // namespace cebm
