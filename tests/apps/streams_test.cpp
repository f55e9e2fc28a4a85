// Programs whose log or output nobody reads, or has no room.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <functional>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;
using testing::IsEmpty;

class Streams : public ProgramTest {
 protected:
  /// Puts something in the place of one of the child's standard streams.
  using Stream = std::function<void(int number)>;

  static void closed(int number) { close(number); }
  static void full(int number) { dup2(open("/dev/full", O_WRONLY), number); }
  static void unread(int number) {
    int ends[2];
    if (pipe(ends) != 0) _exit(126);
    close(ends[0]);
    dup2(ends[1], number);
  }
  /// A terminal whose window is gone.
  static void hung_up(int number) {
    const int window = posix_openpt(O_RDWR | O_NOCTTY);
    if (grantpt(window) != 0 || unlockpt(window) != 0) _exit(126);
    dup2(open(ptsname(window), O_RDWR | O_NOCTTY), number);
    close(window);
  }
  Stream file(const std::string& name) const {
    return
        [path = folder_ / name](int number) { dup2(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), number); };
  }

  /// The exit code of the program, 128 + signal where one ended it.
  int code_of(const std::string& program, std::vector<std::string> arguments, const Stream& out,
              const Stream& err) const {
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGPIPE, SIG_DFL);
      if (chdir(folder_.c_str()) != 0) _exit(127);
      const std::string path = CEBM_BIN_DIR "/" + program;
      std::vector<char*> words{const_cast<char*>(path.c_str())};
      for (std::string& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      err(STDERR_FILENO);
      out(STDOUT_FILENO);  // last: where it is closed, the next file would get its number
      execv(path.c_str(), words.data());
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int train_code(const std::string& folder, const Stream& out, const Stream& err) const {
    return code_of("cebm-train", {"--config", "tiny.yaml", "--data-root", "data", "--out", folder}, out, err);
  }
};

TEST_F(Streams, ATrainingDoesNotDependOnItsLog) {
  ASSERT_EQ(train().code, 0);
  const std::vector<std::pair<std::string, Stream>> streams{
      {"unread", unread}, {"full", full}, {"closed", closed}, {"hung_up", hung_up}};
  for (const auto& [name, stream] : streams) {
    EXPECT_EQ(train_code(name, stream, stream), 0) << name;
    for (const char* written :
         {"metrics.csv", "config.yaml", "samples/step_000000004.png", "checkpoints/step_000000004/manifest.json"}) {
      EXPECT_NE(contents(folder_ / name / written), "") << name;
      EXPECT_EQ(contents(folder_ / name / written), contents(folder_ / "run" / written)) << name << " " << written;
    }
    EXPECT_TRUE(exists(name + "/report.html")) << name;
  }
}

TEST_F(Streams, NorDoOtherProgramsWhoseProductIsInFiles) {
  ASSERT_EQ(train().code, 0);
  write("run/checkpoints/step_000000004/state.json", "{}");  // the first thing that they have to say
  EXPECT_EQ(
      code_of("cebm-sample", {"--run", "run", "--data-root", "data", "--steps", "1", "--out", "a.png"}, unread, unread),
      0);
  EXPECT_TRUE(exists("a.png"));
  EXPECT_EQ(code_of("cebm-eval", {"scores", "--run", "run", "--data-root", "data"}, unread, unread), 0);
  EXPECT_TRUE(exists("run/eval/scores/mnist_test/result.json"));
  EXPECT_EQ(code_of("cebm-eval", {"report", "--run", "run"}, full, unread), 0);
  EXPECT_EQ(code_of("cebm-data", {"grid", "mnist", "b.png", "--data-root", "data"}, unread, unread), 0);
  EXPECT_TRUE(exists("b.png"));
}

TEST_F(Streams, AProgramWhoseProductIsItsOutputEndsQuietlyWithItsReader) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> commands{
      {"cebm-train", {"--help-config"}},
      {"cebm-train", {"--config", "tiny.yaml", "--dry-run", "--quiet"}},
      {"cebm-eval", {"--list"}},
      {"cebm-data", {"info", "mnist", "--data-root", "data"}}};
  for (const auto& [program, arguments] : commands) {
    EXPECT_EQ(code_of(program, arguments, unread, file("err.txt")), 128 + SIGPIPE) << program << " " << arguments[0];
    EXPECT_EQ(contents(folder_ / "err.txt"), "") << program << " " << arguments[0];
  }
}

TEST_F(Streams, OutputThatHasNoRoomIsAnErrorWhereItIsTheProduct) {
  EXPECT_EQ(code_of("cebm-train", {"--config", "tiny.yaml", "--dry-run"}, full, file("err.txt")), 1);
  EXPECT_THAT(contents(folder_ / "err.txt"), HasSubstr("standard output cannot be written"));
  EXPECT_EQ(code_of("cebm-data", {"list"}, closed, file("err.txt")), 1);
  EXPECT_THAT(contents(folder_ / "err.txt"), HasSubstr("standard output cannot be written"));
  EXPECT_THAT(leftovers(), IsEmpty());
}

}  // namespace cebm
