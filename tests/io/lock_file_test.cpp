#include "base/lock_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

class Lock : public FolderTest {
 protected:
  std::filesystem::path path() const { return folder_ / "run" / ".lock"; }

  /// A process that takes the lock, signs it, and waits for its end.
  pid_t holder() const {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      LockFile lock(path());
      if (lock.try_lock()) lock.sign();
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

TEST_F(Lock, IsOneProcesssAndNamesIt) {
  const pid_t child = holder();
  LockFile lock(path());
  EXPECT_FALSE(lock.try_lock());
  EXPECT_EQ(lock.holder(), child);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(lock.try_lock()) << "a crash leaves no lock behind";
}

TEST_F(Lock, LeavesNothingWhereNothingElseIs) {
  {
    LockFile lock(path());
    EXPECT_TRUE(lock.try_lock());
    lock.sign();
    EXPECT_EQ(lock.holder(), getpid());
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  {
    LockFile lock(path());
    EXPECT_TRUE(lock.try_lock());
    write("run/kept", "");
  }
  EXPECT_EQ(names_in(folder_ / "run"), std::vector<std::string>{"kept"});
}

TEST_F(Lock, OfAProcessThatDidNotSignHasNoName) {
  LockFile lock(path());
  EXPECT_EQ(lock.holder(), std::nullopt);
  ASSERT_TRUE(lock.try_lock());
  EXPECT_EQ(lock.holder(), std::nullopt);
}

}  // namespace
}  // namespace cebm
