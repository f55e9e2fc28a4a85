// Paths as users write them: home directories, blanks and quotes, data that have moved.
#include "apps/program.h"
#include "support/png_files.h"

namespace cebm {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Paths : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    home_ = "HOME='" + (folder_ / "home").string() + "'";
    fs::create_directories(folder_ / "home");
  }

  /// `count` grey pictures, and a configuration that trains on them.
  void add_pictures(const std::string& folder, int count, char first = 0) const {
    fs::create_directories(folder_ / folder);
    for (int i = 0; i < count; ++i) {
      std::string rows;
      for (int y = 0; y < 28; ++y) rows += std::string(1, '\0') + std::string(28, static_cast<char>(first + 9 * i + y));
      write(folder + "/" + std::to_string(i) + ".png", raw_png(28, 28, 8, 0, rows));
    }
  }
  void use_pictures(const std::string& config, const std::string& path) const {
    write(config,
          "extends: tiny.yaml\ndata: {name: image-folder, path: " + path + ", size: 28, channels: 1, cache: false}\n");
  }
  Outcome at_home(const std::string& command) const { return run(command, home_); }

  /// The command that a message ends with, run by a shell in the test's folder.
  int paste(const std::string& messages, const std::string& intro) const {
    const std::size_t start = messages.find(intro) + intro.size();
    const std::string command = messages.substr(start, messages.find('\n', start) - start);
    write("paste.sh", "cd '" + folder_.string() + "' && " + command + " >out.txt 2>&1\n");
    const int status = std::system(("sh '" + (folder_ / "paste.sh").string() + "'").c_str());
    return WEXITSTATUS(status);
  }

  std::string home_;
};

TEST_F(Paths, ATildeIsTheHomeDirectoryInConfigurationsAndOverrides) {
  add_pictures("home/pics", 8);
  use_pictures("c.yaml", "~/pics");
  EXPECT_THAT(at_home("cebm-train --config c.yaml --dry-run").out,
              HasSubstr("path: \"" + (folder_ / "home/pics").string() + "\""));
  const Outcome trained = at_home("cebm-train --config c.yaml --out run");
  EXPECT_EQ(trained.code, 0) << trained.err;
  const Outcome resumed = run("cebm-train --config c.yaml --set data.path=home/pics --out run --resume");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const Outcome set = at_home("cebm-train --config c.yaml --set data.path='~'/pics --out run2");
  EXPECT_EQ(set.code, 0) << set.err;
  const Outcome shown = at_home("cebm-data info image-folder --set 'path=~/pics'");
  EXPECT_THAT(shown.out, HasSubstr("8 images"));
}

TEST_F(Paths, ATildeIsTheHomeDirectoryInFlagsAndTheEnvironment) {
  write("home/config.yaml", contents(folder_ / "tiny.yaml"));
  write("home/derived.yaml", "extends: ~/config.yaml\n");
  fs::rename(folder_ / "data", folder_ / "home/data");
  const Outcome trained = at_home("cebm-train --config='~/derived.yaml' --data-root='~/data' --out '~/run'");
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Outcome from = at_home(
      "cebm-train --config tiny.yaml --data-root='~/data' --out from --init-from "
      "'~/run/checkpoints/step_000000004'");
  EXPECT_EQ(from.code, 0) << from.err;
  const Outcome sampled = at_home("cebm-sample --run '~/run' --data-root='~/data' --steps 1 --count 4 --out '~/a.png'");
  EXPECT_EQ(sampled.code, 0) << sampled.err;
  EXPECT_TRUE(exists("home/a.npy"));
  EXPECT_EQ(at_home("cebm-sample --run '~/run' --steps 1 --count 4 --init '~/a.npy' --out b.png").code, 0);
  EXPECT_EQ(at_home("cebm-eval scores --run '~/run' --data-root='~/data' --out '~/scores'").code, 0);
  EXPECT_TRUE(exists("home/scores/result.json"));
  EXPECT_EQ(at_home("cebm-eval table --runs '~/run' --out '~/tables'").code, 0);
  const Outcome neighbors =
      at_home("cebm-eval neighbors --run from --data-root='~/data' --set 'runs=~/run' --set queries=3");
  EXPECT_EQ(neighbors.code, 0) << neighbors.err;
  const Outcome mask = at_home(
      "cebm-sample --run '~/run' --data-root='~/data' --steps 1 --count 1 --inpaint '~/no-mask.png' --out m.png");
  EXPECT_THAT(mask.err, HasSubstr((folder_ / "home/no-mask.png").string()));
  data_variable_ = "~/data";
  const Outcome shown = at_home("cebm-data info mnist");
  EXPECT_THAT(shown.out, HasSubstr((folder_ / "home/data/mnist").string()));
  EXPECT_FALSE(exists("~"));
}

TEST_F(Paths, TheHomeOfNobodyIsRefused) {
  use_pictures("c.yaml", "~no-such-user/pics");
  const Outcome trained = run("cebm-train --config c.yaml --out run");
  EXPECT_EQ(trained.code, 2);
  EXPECT_THAT(trained.err, AllOf(HasSubstr("c.yaml:2: data.path: ~no-such-user: "), HasSubstr("no user of this name")));
  const Outcome flag = run("cebm-train --config tiny.yaml --out '~no-such-user/run'");
  EXPECT_EQ(flag.code, 2);
  EXPECT_THAT(flag.err, AllOf(HasSubstr("--out"), HasSubstr("no user of this name")));
}

TEST_F(Paths, APrintedCommandWithBlanksAndQuotesWorksWhenPasted) {
  write("my config.yaml", contents(folder_ / "tiny.yaml"));
  fs::rename(folder_ / "data", folder_ / "data root");
  fs::create_directories(folder_ / "my runs");
  const Outcome stopped =
      run("cebm-train --config 'my config.yaml' --out \"my runs/it's one\" --data-root 'data root' "
          "--device cpu --threads 1 --set train.max_hours=1e-9 --set 'train.steps= 2'");
  ASSERT_EQ(stopped.code, 0) << stopped.err;
  EXPECT_THAT(stopped.err, AllOf(HasSubstr(" --device cpu --threads 1 --data-root 'data root'"),
                                 HasSubstr(" --out 'my runs/it'\\''s one'"), HasSubstr(" --set 'train.steps= 2'")));
  EXPECT_EQ(paste(stopped.err, "resume with: "), 0) << contents(folder_ / "out.txt");
  EXPECT_THAT(contents(folder_ / "out.txt"), HasSubstr("resumed at step 1"));
  const Outcome noted = run("cebm-eval table --runs \"my runs/it's one\"");
  EXPECT_THAT(noted.err, HasSubstr("`cebm-eval ood --run 'my runs/it'\\''s one'`"));
}

TEST_F(Paths, DataThatHaveMovedAreTheSameData) {
  add_pictures("one/pics", 8);
  add_pictures("two/pics", 8);
  use_pictures("one.yaml", "one/pics");
  use_pictures("two.yaml", "two/pics");
  ASSERT_EQ(run("cebm-train --config one.yaml --out run --set train.steps=2").code, 0);
  const Outcome moved = run("cebm-train --config two.yaml --out run --resume --set data.cache=true", home_);
  EXPECT_EQ(moved.code, 0) << moved.err;
  EXPECT_THAT(moved.err, AllOf(HasSubstr("changed: data.path: one/pics -> two/pics"),
                               HasSubstr("changed: data.cache: false -> true"), HasSubstr("resumed at step 2")));
  ASSERT_EQ(run("cebm-train --config one.yaml --out whole").code, 0);
  EXPECT_EQ(contents(folder_ / "run/metrics.csv"), contents(folder_ / "whole/metrics.csv"));
}

TEST_F(Paths, OtherDataAreNot) {
  add_pictures("one", 8);
  add_pictures("two", 9);
  use_pictures("one.yaml", "one");
  ASSERT_EQ(run("cebm-train --config one.yaml --out run --set train.steps=2").code, 0);
  const Outcome more = run("cebm-train --config one.yaml --out run --resume --set data.path=two");
  EXPECT_EQ(more.code, 2);
  EXPECT_THAT(more.err,
              AllOf(HasSubstr("trained on other images"), HasSubstr("\"images\":8"), HasSubstr("\"images\":9")));
  add_pictures("one", 8, 1);
  const Outcome changed = run("cebm-train --config one.yaml --out run --resume");
  EXPECT_EQ(changed.code, 2);
  EXPECT_THAT(changed.err, HasSubstr("trained on other images"));
  const Outcome forced = run("cebm-train --config one.yaml --out run --force-resume");
  EXPECT_EQ(forced.code, 0) << forced.err;
  EXPECT_THAT(forced.err, HasSubstr("changed: training images: "));
}

}  // namespace cebm
