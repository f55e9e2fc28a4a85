#include "base/durable/lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::MatchesRegex;

class OneLock : public FolderTest {
 protected:
  fs::path path() const { return folder_ / "run" / ".lock"; }

  /// A process that takes the lock and waits for its end.
  pid_t holder() const {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto lock = Lock::take(path());
      if (::write(ready[1], "x", 1) == 1) pause();
      _exit(1);
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
  }
};

TEST_F(OneLock, BelongsToOneProcessAndNamesIt) {
  const pid_t child = holder();
  EXPECT_FALSE(Lock::take(path()));
  EXPECT_THAT(holder_of(path()), MatchesRegex("another process \\(" + std::to_string(child) + " on [^ ]+\\)"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs::exists(path()));
  EXPECT_TRUE(Lock::take(path())) << "a crash leaves a file, and no lock";
}

TEST_F(OneLock, LeavesNothingWhereNothingElseIs) {
  {
    const auto lock = Lock::take(path());
    ASSERT_TRUE(lock);
    EXPECT_FALSE(Lock::take(path()));
  }
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  {
    const auto lock = Lock::take(path());
    EXPECT_TRUE(lock);
    write("run/kept", "");
  }
  EXPECT_EQ(names_in(folder_ / "run"), std::vector<std::string>{"kept"});
}

TEST_F(OneLock, KeepsAnEmptyFolderThatWasThereBefore) {
  fs::create_directory(folder_ / "run");
  EXPECT_TRUE(Lock::take(path()));
  ASSERT_TRUE(fs::exists(folder_ / "run"));
  EXPECT_THAT(names_in(folder_ / "run"), testing::IsEmpty());
}

TEST_F(OneLock, GoesWithTheObjectThatItIsMovedTo) {
  auto first = Lock::take(path());
  ASSERT_TRUE(first);
  {
    const Lock second = std::move(*first);
    first.reset();
    EXPECT_TRUE(fs::exists(path()));
    EXPECT_FALSE(Lock::take(path()));
  }
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(OneLock, IsHeldByOneOfManyThatComeAndGo) {
  const auto take_often = [&] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (int taken = 0; taken < 100;) {
      const auto lock = Lock::take(path());
      if (!lock) {
        if (std::chrono::steady_clock::now() > end) return 2;
        std::this_thread::yield();  // its holder may wait for a processor
        continue;
      }
      const int mark = open((folder_ / "mark").c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (mark < 0) return 1;  // another process has the lock too
      close(mark);
      fs::remove(folder_ / "mark");
      ++taken;
    }
    return 0;
  };
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) _exit(take_often());
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(OneLock, WhoseFileHasNoNameInItIsSomeones) {
  EXPECT_EQ(holder_of(path()), "another process");
  write("empty", "");
  EXPECT_EQ(holder_of(folder_ / "empty"), "another process");
  write("of an earlier version", "1234\n");
  EXPECT_EQ(holder_of(folder_ / "of an earlier version"), "another process (1234)");
}

}  // namespace
}  // namespace cebm
