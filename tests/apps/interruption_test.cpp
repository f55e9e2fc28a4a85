#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;

class Interruption : public ProgramTest {
 protected:
  /// Starts a long training, sends `signal` once it has written metrics, and returns its exit code.
  int interrupt(int signal) const {
    const pid_t child = fork();
    if (child == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      dup2(null, STDERR_FILENO);
      if (chdir(folder_.c_str()) != 0) _exit(127);
      execl(CEBM_BIN_DIR "/cebm-train", "cebm-train", "--config", "tiny.yaml", "--data-root", "data", "--out", "run",
            "--set", "train.steps=1000000", nullptr);
      _exit(127);
    }
    const auto rows = [this] {
      const std::string text = contents(folder_ / "run/metrics.csv");
      return std::count(text.begin(), text.end(), '\n');
    };
    for (int i = 0; i < 6000 && rows() < 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
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

}  // namespace cebm
