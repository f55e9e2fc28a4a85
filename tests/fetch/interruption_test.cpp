#include <signal.h>
#include <sys/wait.h>

#include "fetch/fetch_test.h"
#include "support/file_size_limit.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using FetchInterruption = OneFileTest;

TEST_F(FetchInterruption, AStopKeepsWhatCame) {
  server_.serve("/toy/a.bin", {Answer{.body = content_, .stall_after = 120'000}});
  FetchCallbacks stopping;
  stopping.should_stop = [&] {
    std::error_code error;
    return fs::exists(target("a.bin.part"), error) && fs::file_size(target("a.bin.part"), error) >= 120'000;
  };
  FetchOptions patient = options();
  patient.stall_timeout = std::chrono::seconds(60);
  EXPECT_EQ(fetch(toy_, patient, stopping), FetchOutcome::stopped);
  EXPECT_THAT(names(), ElementsAre("a.bin.part"));
  server_.serve("/toy/a.bin", content_);
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(ranges().back(), "bytes=120000-");
}

TEST_F(FetchInterruption, AFullDiskIsNamedAndKeepsWhatCame) {
  server_.serve("/toy/a.bin", content_);
  {
    const FileSizeLimit limit(50'000);
    EXPECT_THAT(message_of<IoError>([&] { run(toy_); }), AllOf(HasSubstr("a.bin.part"), HasSubstr("File too large")));
  }
  EXPECT_THAT(names(), ElementsAre("a.bin.part"));
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(ranges().back(), "bytes=50000-");
}

TEST_F(FetchInterruption, AFolderThatCannotBeMadeIsNamed) {
  write("root", "a file");
  EXPECT_THAT(message_of<IoError>([&] { run(toy_); }), HasSubstr((folder_ / "root/toy").string()));
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(FetchInterruption, AFolderInTheFilesPlaceIsNamedBeforeAnythingIsFetched) {
  fs::create_directories(target());
  server_.serve("/toy/a.bin", content_);
  EXPECT_THAT(message_of<IoError>([&] { run(toy_); }), AllOf(HasSubstr(target().string()), HasSubstr("not a regular")));
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(FetchInterruption, APartThatIsALinkIsNotWrittenThrough) {
  fs::create_directories(target().parent_path());
  write("elsewhere", "precious");
  fs::create_symlink(folder_ / "elsewhere", target("a.bin.part"));
  server_.serve("/toy/a.bin", content_);
  EXPECT_THROW(run(toy_), IoError);
  EXPECT_EQ(contents(folder_ / "elsewhere"), "precious");
}

TEST_F(FetchInterruption, TwoProcessesShareOneTransfer) {
  server_.serve("/toy/a.bin", {Answer{.body = content_, .stall_after = 100'000}, Answer{.body = content_}});
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(fork());
    if (children.back() == 0) _exit(fetch(toy_, options()) == FetchOutcome::fetched ? 10 : 11);
  }
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  EXPECT_THAT(codes, UnorderedElementsAre(10, 11, 11));
  EXPECT_EQ(contents(target()), content_);
  EXPECT_THAT(ranges(), ElementsAre("", "bytes=100000-"));
  EXPECT_THAT(names(), ElementsAre("a.bin"));
}

TEST_F(FetchInterruption, ALockWhoseOwnerWasKilledIsFree) {
  server_.serve("/toy/a.bin", {Answer{.body = content_, .stall_after = 100'000}, Answer{.body = content_}});
  const pid_t child = fork();
  if (child == 0) {
    FetchOptions patient = options();
    patient.stall_timeout = std::chrono::seconds(60);
    fetch(toy_, patient);
    _exit(0);
  }
  std::error_code error;
  for (int i = 0; i < 2000 && !(fs::exists(target("a.bin.part"), error) && fs::file_size(target("a.bin.part")) > 0);
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(names(), UnorderedElementsAre(".lock", "a.bin.part"));
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(names(), ElementsAre("a.bin"));
}

}  // namespace
}  // namespace cebm
