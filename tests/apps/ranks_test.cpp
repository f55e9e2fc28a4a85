// The programs with --ranks.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "dist/joined_ranks.h"
#include "program.h"

namespace cebm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class RanksOfPrograms : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (!can_join_ranks()) GTEST_SKIP() << rank_libraries();
  }

  /// The processes that work in the test's folder.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> found;
    const std::filesystem::path here = std::filesystem::canonical(folder_);
    std::error_code ended;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      if (std::filesystem::read_symlink(entry.path() / "cwd", ended) == here) found.push_back(std::stoi(name));
    }
    return found;
  }
  /// Whether there are none within half a minute; those that are left then are killed.
  bool all_end() const {
    for (int i = 0; i < 3000 && !processes().empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const std::vector<pid_t> left = processes();
    for (const pid_t process : left) kill(process, SIGKILL);
    return left.empty();
  }
};

TEST_F(RanksOfPrograms, WriteOneRunAndGoOnWithIt) {
  const Outcome first = train("--ranks 2 --set train.steps=2");
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("ranks: 2, Gloo"));
  EXPECT_EQ(first.out, "run/report.html\n");
  EXPECT_TRUE(exists("run/checkpoints/step_000000002/objective.rank_1.safetensors"));
  const Outcome second = train("--ranks 2 --resume");
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(RanksOfPrograms, SayOnceWhatIsWrong) {
  write("bigan.yaml",
        "{data: mnist, model: {name: bigan, latent_dim: 4}, objective: bigan, train: {steps: 1, batch_size: 8}}");
  const Outcome outcome = run("cebm-train --config bigan.yaml --data-root data --out run --ranks 2");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("bigan: expected one rank, found 2"));
  EXPECT_EQ(outcome.err.find("expected one rank"), outcome.err.rfind("expected one rank"));
  EXPECT_FALSE(exists("run/config.yaml"));
}

TEST_F(RanksOfPrograms, SayOnceWhatIsWrongInEveryProgram) {
  ASSERT_EQ(train().code, 0);
  std::filesystem::create_directories(folder_ / "none");
  const std::pair<std::string, int> faults[] = {{"cebm-eval scores --run nowhere", 1},
                                                {"cebm-eval scores --run run --set x=3", 2},
                                                {"cebm-eval all --run run --set x=3", 2},
                                                {"cebm-sample --run run --out a.png --count 0", 2},
                                                {"cebm-sample --run run --out a.png --compose nowhere", 1},
                                                {"cebm-train --config tiny.yaml --data-root data --out run", 2},
                                                {"cebm-train --config tiny.yaml --set data=svhn --out other", 1}};
  for (const auto& [command, code] : faults) {
    if (command.find("svhn") != std::string::npos && tree_has("svhn")) continue;
    const Outcome outcome = run(command + " --ranks 2");
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_NE(outcome.err.find(" error "), std::string::npos) << command;
    EXPECT_EQ(outcome.err.find(" error "), outcome.err.rfind(" error ")) << outcome.err;
  }
}

TEST_F(RanksOfPrograms, EndWithADrawingThatIsTold) {
  ASSERT_EQ(train().code, 0);
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    const int messages = open((folder_ / "messages.txt").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(null, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    if (chdir(folder_.c_str()) != 0) _exit(127);
    execl(CEBM_BIN_DIR "/cebm-sample", "cebm-sample", "--run", "run", "--out", "a.png", "--steps", "100000000",
          "--ranks", "2", "--threads", "1", nullptr);
    _exit(127);
  }
  const auto draws = [&] { return contents(folder_ / "messages.txt").find("step 4") != std::string::npos; };
  for (int i = 0; i < 6000 && !(draws() && processes().size() == 2); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(processes().size(), 2U);
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
  EXPECT_TRUE(all_end());
}

TEST_F(RanksOfPrograms, EndAtOnceIfTheOneThatStartedThemHasEnded) {
  const Outcome outcome = run("cebm-sample --run nowhere --out a.png",
                              "CEBM_STARTED_BY=none RANK=1 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=9");
  EXPECT_EQ(outcome.code, 128 + SIGKILL) << outcome.err;
}

TEST_F(RanksOfPrograms, EndIfAnotherCannotBeStarted) {
  const Outcome outcome = run("cebm-sample --run nowhere --out a.png --ranks 3",
                              "LD_PRELOAD='" CEBM_BIN_DIR "/../tests/bin/few_processes.so'");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("rank 2 cannot be started: Resource temporarily unavailable"));
  EXPECT_EQ(outcome.err.find(" error "), outcome.err.rfind(" error ")) << outcome.err;
  EXPECT_TRUE(all_end());
}

TEST_F(RanksOfPrograms, EndWhenOneIsKilled) {
  // The other rank is the child of this folder's process. No pgrep: a bare system does not have it.
  const std::string killer =
      "{ (for i in $(seq 1200); do [ -e run/checkpoints/step_000000004 ] && break; sleep 0.05; done; "
      "for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = \"$(pwd -P)\" ] || continue; "
      "parent=$(sed -n 's/^PPid:[[:space:]]*//p' $p/status); "
      "[ \"$(cat /proc/$parent/comm)\" = cebm-train ] && kill -9 ${p#/proc/} && break; "
      "done) >/dev/null 2>&1 & } &&";
  const Outcome outcome =
      run("cebm-train --config tiny.yaml --data-root data --out run --ranks 2 --set train.steps=20000", killer);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("rank 0 of 2: another rank has ended"));
}

// What a sweep under one srun needs.
TEST_F(RanksOfPrograms, WorkAloneIfToldTo) {
  ASSERT_EQ(train().code, 0);
  const Outcome outcome = run("cebm-sample --run run --out a.png --count 4 --steps 1 --ranks 1",
                              "export RANK=1 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=9;");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(exists("a.png"));
}

TEST_F(RanksOfPrograms, DrawAndEvaluateAsOneProcess) {
  ASSERT_EQ(train().code, 0);
  const std::string sample = "cebm-sample --run run --count 48 --steps 3 --data-root data ";
  ASSERT_EQ(run(sample + "--out one.png").code, 0);
  const Outcome two = run(sample + "--out two.png --ranks 2");
  ASSERT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(contents(folder_ / "one.npy"), contents(folder_ / "two.npy"));
  const std::string eval = "cebm-eval scores --run run --data-root data --split train ";
  ASSERT_EQ(run(eval + "--out one").code, 0);
  std::filesystem::remove_all(folder_ / "run/eval");
  const Outcome shared = run(eval + "--out two --ranks 2");
  ASSERT_EQ(shared.code, 0) << shared.err;
  EXPECT_EQ(contents(folder_ / "one/result.json"), contents(folder_ / "two/result.json"));
}

}  // namespace
}  // namespace cebm
