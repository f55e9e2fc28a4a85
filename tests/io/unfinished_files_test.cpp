#include "base/unfinished_files.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Unfinished : public FolderTest {
 protected:
  Unfinished() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    dead_ = std::to_string(child);
  }
  std::string dead_;
  std::string living_ = std::to_string(getppid());
};

TEST_F(Unfinished, WithoutALockWhatLivingProcessesWriteStays) {
  write(".a." + dead_ + ".tmp", "");
  write(".a." + living_ + ".tmp", "");
  write(unfinished_name("b").string(), "this process's own is from a write that failed");
  remove_unfinished_files(folder_, Leftovers::of_ended_processes);
  EXPECT_THAT(names_in(folder_), ElementsAre(".a." + living_ + ".tmp"));
}

TEST_F(Unfinished, WithoutALockWhatHasNotChangedForADayGoes) {
  const fs::path old = write(".a.1.tmp", "");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
  write(".b.1.tmp", "");
  remove_unfinished_files(folder_, Leftovers::of_ended_processes);
  EXPECT_THAT(names_in(folder_), ElementsAre(".b.1.tmp"));
}

TEST_F(Unfinished, UnderALockAllGoes) {
  write(".a." + living_ + ".tmp", "");
  write(".b.1.tmp", "");
  remove_unfinished_files(folder_, Leftovers::of_anyone);
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Unfinished, OnlyNamesOfThisFormAre) {
  const std::vector<std::string> others{"a.1.tmp",   ".a.1",     ".a.x.tmp", ".1.tmp",
                                        ".a.-1.tmp", ".a.0.tmp", ".tmp",     "..tmp"};
  for (const std::string& name : others) write(name, "");
  remove_unfinished_files(folder_, Leftovers::of_anyone);
  EXPECT_EQ(names_in(folder_).size(), others.size());
}

TEST_F(Unfinished, VersionsOfOneFileGoAlone) {
  write(".a.safetensors.1.tmp", "");
  write(".b.safetensors.1.tmp", "");
  remove_unfinished_versions(folder_ / "a.safetensors", Leftovers::of_anyone);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre(".b.safetensors.1.tmp"));
}

}  // namespace
}  // namespace cebm
