#include <cebm/checkpoint.h>
#include <cebm/shell.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "apps/program.h"

namespace cebm {

using testing::AllOf;
using testing::HasSubstr;

class Interruption : public ProgramTest {
 protected:
  enum class Hangup { ends, is_ignored };

  /// A training of a million steps in `run`, in the background, with its messages in messages.txt.
  pid_t start(Hangup hangup = Hangup::ends, const std::string& slow_disk = "0") const {
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGHUP, hangup == Hangup::ends ? SIG_DFL : SIG_IGN);
      setenv("LD_PRELOAD", CEBM_BIN_DIR "/../tests/bin/slow_disk.so", 1);
      setenv("SLOW_DISK_US", slow_disk.c_str(), 1);
      const int null = open("/dev/null", O_WRONLY);
      const int messages = open((folder_ / "messages.txt").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      dup2(null, STDOUT_FILENO);
      dup2(messages, STDERR_FILENO);
      if (chdir(folder_.c_str()) != 0) _exit(127);
      execl(CEBM_BIN_DIR "/cebm-train", "cebm-train", "--config", "tiny.yaml", "--data-root", "data", "--out", "run",
            "--set", "train.steps=1000000", "--set", "checkpoint.every=1000000", nullptr);
      _exit(127);
    }
    EXPECT_TRUE(comes_true([this] {
      const std::string text = contents(folder_ / "run/metrics.csv");
      return std::count(text.begin(), text.end(), '\n') >= 4;
    }));
    return child;
  }

  static bool comes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  }

  static int code_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::vector<std::filesystem::path> checkpoints() const { return list_checkpoints(folder_ / "run/checkpoints"); }

  /// Whether a checkpoint is being written, or was left half-written.
  bool is_saving() const {
    const auto names = names_in(folder_ / "run/checkpoints");
    return std::ranges::any_of(names, [](const std::string& name) { return name.find(".tmp-") != std::string::npos; });
  }

  /// Starts a long training, sends `signal` once it has written metrics, and returns its exit code.
  int interrupt(int signal) const {
    const pid_t child = start();
    kill(child, signal);
    return code_of(child);
  }
};

TEST_F(Interruption, ASignalSavesAndEndsWithItsCode) {
  EXPECT_EQ(interrupt(SIGTERM), 143);
  EXPECT_TRUE(exists("run/report.html"));
  const Outcome sampled = run("cebm-sample --run run --data-root data --steps 1 --count 4 --out a.png");
  EXPECT_EQ(sampled.code, 0) << sampled.err;
  std::filesystem::remove_all(folder_ / "run");
  EXPECT_EQ(interrupt(SIGINT), 130);
}

TEST_F(Interruption, AHangupSavesAndEndsWithItsCode) {
  EXPECT_EQ(interrupt(SIGHUP), 129);
  EXPECT_EQ(checkpoints().size(), 1U);
  const Outcome resumed = train("--resume --set train.steps=1");
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step"));
}

TEST_F(Interruption, AHangupThatComesAgainWhileTheFirstIsSavedDoesNoHarm) {
  const pid_t child = start(Hangup::ends, "30000");
  kill(child, SIGHUP);
  ASSERT_TRUE(comes_true([this] { return is_saving(); }));
  kill(child, SIGHUP);
  kill(child, SIGHUP);
  EXPECT_EQ(code_of(child), 129);
  EXPECT_EQ(checkpoints().size(), 1U);
}

TEST_F(Interruption, AHangupThatWasIgnoredAtTheStartStaysIgnored) {
  const pid_t child = start(Hangup::is_ignored);
  kill(child, SIGHUP);
  const std::string before = contents(folder_ / "run/metrics.csv");
  EXPECT_TRUE(comes_true([&] { return contents(folder_ / "run/metrics.csv").size() > before.size() + 1000; }));
  kill(child, SIGTERM);
  EXPECT_EQ(code_of(child), 143);
}

TEST_F(Interruption, ASecondSignalWhileTheFirstIsSavedLeavesAWholeRunBehind) {
  const pid_t child = start(Hangup::ends, "30000");
  kill(child, SIGTERM);
  ASSERT_TRUE(comes_true([this] { return is_saving(); }));
  kill(child, SIGTERM);
  EXPECT_EQ(code_of(child), 143);
  EXPECT_EQ(checkpoints().size(), 0U) << "ended at once";
  const Outcome resumed = train("--resume --set train.steps=4");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_FALSE(is_saving()) << "nothing unfinished stays";
}

TEST_F(Interruption, ASecondSignalEndsTheProgramAtOnceWithoutHarm) {
  const pid_t child = start();
  // The first signal stops before the second can come only where the step ends in between; then the code is its own.
  kill(child, SIGTERM);
  kill(child, SIGINT);
  const int code = code_of(child);
  EXPECT_TRUE(code == 130 || code == 143) << code;
  const Outcome resumed = train("--resume --set train.steps=4");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
}

TEST_F(Interruption, ARequestToSaveSavesAndGoesOn) {
  const pid_t child = start();
  kill(child, SIGUSR1);
  EXPECT_TRUE(
      comes_true([this] { return contents(folder_ / "messages.txt").find("saved, as asked") != std::string::npos; }));
  EXPECT_TRUE(exists("run/checkpoints/latest/manifest.json"));
  EXPECT_EQ(kill(child, 0), 0) << "still there";
  const std::string before = contents(folder_ / "run/metrics.csv");
  EXPECT_TRUE(comes_true([&] { return contents(folder_ / "run/metrics.csv").size() > before.size(); }));
  kill(child, SIGTERM);
  EXPECT_EQ(code_of(child), 143);
}

TEST_F(Interruption, ASecondTrainingInTheSameDirectoryIsRefusedWhileTheFirstLives) {
  const pid_t child = start();
  const Outcome second = train("--resume");
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err,
              AllOf(HasSubstr("run: another process (" + std::to_string(child) + " on "), HasSubstr(") is training")));
  kill(child, SIGKILL);
  EXPECT_EQ(code_of(child), -SIGKILL);
  const Outcome third = train("--resume");
  EXPECT_EQ(third.code, 0) << third.err;
}

TEST_F(Interruption, TimeThatIsUpSavesAndSaysHowToGoOn) {
  const Outcome stopped = train("--set train.max_hours=1e-9");
  EXPECT_EQ(stopped.code, 0) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("resume with: " + shell_word(CEBM_BIN_DIR "/cebm-train") +
                                     " --config tiny.yaml --out run --set train.max_hours=1e-9 "
                                     "--data-root data --resume"));
  EXPECT_TRUE(exists("run/checkpoints/step_000000001/manifest.json"));
  const Outcome resumed = train("--resume");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, testing::AllOf(HasSubstr("changed: train.max_hours"), HasSubstr("resumed at step 1")));
  EXPECT_TRUE(exists("run/checkpoints/step_000000004/manifest.json"));
}

TEST_F(Interruption, AResumedRunEqualsOneThatWasNeverStopped) {
  const std::string options = "--set train.ema_decay=0.9 --set train.optimizer.warmup_steps=3 --set train.log_every=3 ";
  ASSERT_EQ(train(options + "--set train.steps=8").code, 0);
  const std::string in_two = "cebm-train --config tiny.yaml --data-root data --out two " + options;
  ASSERT_EQ(run(in_two + "--set train.steps=5").code, 0);
  // The shorter run closed its last interval early; the longer one must not notice.
  const Outcome resumed = run(in_two + "--set train.steps=8 --resume");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step 5"));
  for (const char* file : {"model", "optimizer", "objective", "ema"}) {
    const std::string name = std::string("checkpoints/step_000000008/") + file + ".safetensors";
    EXPECT_EQ(contents(folder_ / "run" / name), contents(folder_ / "two" / name)) << file;
    EXPECT_NE(contents(folder_ / "run" / name), "") << file;
  }
}

TEST_F(Interruption, ResumingWithAnotherExperimentIsRefused) {
  ASSERT_EQ(train().code, 0);
  const Outcome outcome = train("--resume --set train.batch_size=5 --set sampler.alpha=0.2");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("train.batch_size: 8 -> 5"));
  EXPECT_THAT(outcome.err, HasSubstr("sampler.alpha: 0.1 -> 0.2"));
}

TEST_F(Interruption, ResumingWithAnotherExperimentCanBeForced) {
  ASSERT_EQ(train().code, 0);
  const Outcome outcome = train("--force-resume --set train.optimizer.learning_rate=0.5 --set train.steps=6");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, testing::AllOf(HasSubstr("changed: train.optimizer.learning_rate: 0.0001 -> 0.5"),
                                          HasSubstr("changed: train.steps: 4 -> 6"), HasSubstr("resumed at step 4")));
}

}  // namespace cebm
