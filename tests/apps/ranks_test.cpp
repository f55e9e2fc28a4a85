// The programs with --ranks.
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
