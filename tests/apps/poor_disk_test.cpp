// File systems that offer little, and what copies through them make of a run.
#include <algorithm>

#include "apps/program.h"

namespace cebm {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PoorDisk : public ProgramTest {
 protected:
  static constexpr const char* kPoor = "LD_PRELOAD='" CEBM_BIN_DIR "/../tests/bin/poor_disk.so'";

  Outcome train_into(const std::string& folder, const std::string& arguments, const std::string& before = kPoor) const {
    return run("cebm-train --config tiny.yaml --data-root data --out " + folder + " " + arguments, before);
  }
  std::vector<std::string> checkpoints(const std::string& folder) const {
    auto names = names_in(folder_ / folder / "checkpoints");
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(PoorDisk, WithoutLinksLocksAndRenamedFoldersATrainingEndsAsOnAnother) {
  const Outcome poor = train_into("poor", "--set train.steps=8");
  ASSERT_EQ(poor.code, 0) << poor.err;
  EXPECT_THAT(poor.err, AllOf(HasSubstr("warning poor: its file system has no locks"),
                              HasSubstr("latest: the link to the newest checkpoint cannot be made")));
  EXPECT_EQ(poor.err.find("cannot be made"), poor.err.rfind("cannot be made")) << "said once";
  ASSERT_EQ(train_into("good", "--set train.steps=8", "").code, 0);
  // The one that was superseded could be removed.
  EXPECT_THAT(checkpoints("poor"), ElementsAre("step_000000002", "step_000000006", "step_000000008"));
  for (const std::string& file : names_in(folder_ / "good/checkpoints/step_000000008")) {
    const std::string name = "checkpoints/step_000000008/" + file;
    EXPECT_EQ(contents(folder_ / "poor" / name), contents(folder_ / "good" / name)) << name;
  }
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(PoorDisk, ADamagedCheckpointIsPutAsideAndWrittenAgain) {
  ASSERT_EQ(train_into("run", "").code, 0);
  write("run/checkpoints/step_000000004/state.json", "{}");
  const Outcome resumed = train_into("run", "--resume");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step 2"));
  EXPECT_THAT(checkpoints("run"), ElementsAre("step_000000002", "step_000000004", "step_000000004.damaged"));
  EXPECT_EQ(contents(folder_ / "run/checkpoints/step_000000004.damaged/state.json"), "{}");
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(PoorDisk, ALinkThatACopyMadeAFolderIsLeftAloneAndInNobodysWay) {
  ASSERT_EQ(train().code, 0);
  const fs::path latest = folder_ / "run/checkpoints/latest";
  fs::remove(latest);
  fs::copy(folder_ / "run/checkpoints/step_000000004", latest, fs::copy_options::recursive);
  const Outcome resumed = train("--resume --set train.steps=8");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, AllOf(HasSubstr("resumed at step 4"),
                                 HasSubstr("warning run/checkpoints/latest: is a folder instead of a link")));
  EXPECT_THAT(checkpoints("run"), ElementsAre("latest", "step_000000002", "step_000000006", "step_000000008"));
  EXPECT_TRUE(fs::is_directory(fs::symlink_status(latest)));
  const Outcome sampled = run("cebm-sample --run run --data-root data --steps 1 --count 4 --out a.png");
  EXPECT_EQ(sampled.code, 0) << sampled.err;
  EXPECT_THAT(sampled.err, HasSubstr("step 8"));
}

TEST_F(PoorDisk, ALinkThatLeadsNowhereOrHasBecomeAFileIsReplaced) {
  for (const bool dangling : {true, false}) {
    fs::remove_all(folder_ / "run");
    ASSERT_EQ(train().code, 0);
    const fs::path latest = folder_ / "run/checkpoints/latest";
    fs::remove(latest);
    if (dangling)
      fs::create_symlink("step_000000001", latest);
    else
      write("run/checkpoints/latest", "step_000000004");
    const Outcome resumed = train("--resume --set train.steps=6");
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, Not(HasSubstr("latest")));
    EXPECT_EQ(fs::read_symlink(latest), "step_000000006");
  }
}

TEST_F(PoorDisk, AFetchNeedsNoLocksEither) {
  fs::create_directories(folder_ / "mirror");
  // The set's published checksums are others': the file is refused only after the folder was locked.
  write("mirror/train-images-idx3-ubyte.gz", "x");
  const Outcome outcome =
      run("cebm-data fetch mnist --only train-images-idx3-ubyte.gz --only-mirrors --retries 0 "
          "--data-root root --mirror file://" +
              (folder_ / "mirror").string(),
          kPoor);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("has no locks"), Not(HasSubstr("cannot be locked"))));
}

}  // namespace cebm
