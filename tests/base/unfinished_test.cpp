#include "base/durable/unfinished.h"

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
  write(".a.tmp-" + dead_, "");
  write(".a.tmp-" + living_, "");
  write(unfinished_name("b").string(), "this process's own is from a write that failed");
  clean_up(folder_, Leftovers::of_ended_processes);
  EXPECT_THAT(names_in(folder_), ElementsAre(".a.tmp-" + living_));
}

TEST_F(Unfinished, WithoutALockWhatHasNotChangedForADayGoes) {
  const fs::path old = write(".a.tmp-1", "");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
  write(".b.tmp-1", "");
  clean_up(folder_, Leftovers::of_ended_processes);
  EXPECT_THAT(names_in(folder_), ElementsAre(".b.tmp-1"));
}

TEST_F(Unfinished, UnderALockAllGoes) {
  write(".a.tmp-" + living_, "");
  write(".b.tmp-1", "");
  clean_up(folder_, Leftovers::of_anyone);
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Unfinished, WhatEarlierVersionsLeftGoesToo) {
  write(".a." + dead_ + ".tmp", "");
  write(".a." + living_ + ".tmp", "");
  clean_up(folder_, Leftovers::of_ended_processes);
  EXPECT_THAT(names_in(folder_), ElementsAre(".a." + living_ + ".tmp"));
  clean_up(folder_, Leftovers::of_anyone);
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Unfinished, WhatWasReplacedComesBackUnlessItsSuccessorIsThere) {
  write(".a.old-" + dead_, "old");
  write(".b.old-" + dead_, "old");
  write(".c.old-" + living_, "old");
  write("b", "new");
  clean_up(folder_, Leftovers::of_ended_processes);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("a", "b", ".c.old-" + living_));
  EXPECT_EQ(contents(folder_ / "b"), "new");
}

TEST_F(Unfinished, OnlyNamesOfThisFormAre) {
  const std::vector<std::string> others{"a.tmp-1", ".a.tmp-", ".a.tmp-x", ".tmp-1",   ".a.tmp--1", ".a.tmp-0",
                                        "a.old-1", ".old-1",  "a.part",   ".a.1",     "a.1.tmp",   ".a.x.tmp",
                                        ".1.tmp",  ".tmp",    "..tmp",    ".a.0.tmp", ".a.-1.tmp"};
  for (const std::string& name : others) write(name, "");
  clean_up(folder_, Leftovers::of_anyone);
  EXPECT_EQ(names_in(folder_).size(), others.size());
}

TEST_F(Unfinished, VersionsOfOneFileGoAlone) {
  write(".a.safetensors.tmp-1", "");
  write(".b.safetensors.tmp-1", "");
  clean_up_versions_of(folder_ / "a.safetensors", Leftovers::of_anyone);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre(".b.safetensors.tmp-1"));
}

}  // namespace
}  // namespace cebm
