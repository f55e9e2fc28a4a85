#include <cebm/image_io.h>
#include <cebm/safetensors.h>

#include <cmath>

#include "apps/program.h"

namespace cebm {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class BadInput : public ProgramTest {
 protected:
  /// The program ends with `code` and one message that holds every one of `parts`; nothing unfinished stays behind.
  void expect_refused(const Outcome& outcome, int code, const std::vector<std::string>& parts) const {
    EXPECT_EQ(outcome.code, code) << outcome.err;
    for (const std::string& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_THAT(leftovers(), IsEmpty());
  }
  Outcome dry(const std::string& arguments) const {
    return run("cebm-train --config tiny.yaml --dry-run " + arguments);
  }
  std::string images() const { return contents(folder_ / "data/mnist/train-images-idx3-ubyte"); }
};

TEST_F(BadInput, UnknownKeyNamesTheNearestOne) {
  write("typo.yaml", "extends: tiny.yaml\ntrain:\n  batchsize: 3\n");
  expect_refused(run("cebm-train --config typo.yaml --dry-run"), 2, {"typo.yaml:3", "batchsize", "batch_size"});
  expect_refused(dry("--set sampler.step=3"), 2, {"--set", "sampler.step", "steps"});
}

TEST_F(BadInput, ValuesOutOfRangeOrOfAnotherTypeAreRefused) {
  expect_refused(dry("--set train.steps=0"), 2, {"train.steps", "0"});
  expect_refused(dry("--set train.steps=many"), 2, {"train.steps", "many"});
  expect_refused(dry("--set buffer.reuse_probability=1.5"), 2, {"reuse_probability", "1.5"});
  expect_refused(dry("--set model.encoder.channels=5"), 2, {"channels"});
  expect_refused(dry("--set model.name=cebmn"), 2, {"cebmn", "cebmm"});
}

TEST_F(BadInput, ExtendsLoopsAndBrokenYamlAreRefused) {
  write("a.yaml", "extends: b.yaml\n");
  write("b.yaml", "extends: a.yaml\n");
  expect_refused(run("cebm-train --config a.yaml --dry-run"), 2, {"a.yaml", "b.yaml"});
  write("broken.yaml", "train: {steps: [\n");
  expect_refused(run("cebm-train --config broken.yaml --dry-run"), 2, {"broken.yaml"});
}

TEST_F(BadInput, MissingConfigurationNamesThePlacesSearched) {
  expect_refused(run("cebm-train --config nowhere.yaml"), 2, {"nowhere.yaml", "configs"});
  expect_refused(run("cebm-train -q"), 2, {"--config"});
  expect_refused(run("cebm-train --no-such-flag"), 2, {"no-such-flag"});
}

TEST_F(BadInput, AConfigurationThatIsADirectoryOrADeadLinkIsNamedForWhatItIs) {
  std::filesystem::create_directory(folder_ / "d.yaml");
  std::filesystem::create_symlink("gone", folder_ / "l.yaml");
  expect_refused(run("cebm-train --config d.yaml --dry-run"), 2, {"d.yaml (a directory)"});
  expect_refused(run("cebm-train --config l.yaml --dry-run"), 2, {"l.yaml (a link that leads nowhere)"});
}

TEST_F(BadInput, ModelsThatCannotBeBuiltAreRefused) {
  expect_refused(train("--set model.statistic_map=identity"), 2, {"identity", "negative_square"});
  expect_refused(train("--set model.encoder.kernels=[3]"), 2, {"same length"});
  expect_refused(train("--set buffer.size=4"), 2, {"buffer", "8", "4"});
}

TEST_F(BadInput, MissingDataSaysHowToGetIt) {
  if (tree_has("mnist")) GTEST_SKIP() << "the set is in the source tree";
  std::filesystem::remove_all(folder_ / "data/mnist");
  expect_refused(train(), 1, {"data/mnist", "train-images-idx3-ubyte"});
  EXPECT_FALSE(exists("run/checkpoints"));
}

TEST_F(BadInput, ADataRootThatDoesNotExistIsRefused) {
  expect_refused(run("cebm-train --config tiny.yaml --data-root nowhere --out run"), 2, {"--data-root", "nowhere"});
}

TEST_F(BadInput, DamagedDataIsNamedWithWhatWasExpected) {
  const std::string good = images();
  const std::string file = "data/mnist/train-images-idx3-ubyte";
  write(file, good.substr(0, good.size() - 100));
  expect_refused(train(), 1, {"train-images-idx3-ubyte"});
  write(file, "\x01" + good.substr(1));
  expect_refused(train(), 1, {"train-images-idx3-ubyte", "at byte 0"});
  write(file, good + "x");
  expect_refused(train(), 1, {"train-images-idx3-ubyte"});
  write(file, gz(good).substr(0, 200));
  expect_refused(train(), 1, {"train-images-idx3-ubyte"});
  write(file, idx_header({0xFFFFFFFF, 0xFFFF, 0xFFFF}) + "few");
  expect_refused(train(), 1, {"train-images-idx3-ubyte"});
  EXPECT_FALSE(exists("run/checkpoints"));
}

TEST_F(BadInput, AStartThatFailsAtItsFirstStepLeavesTheDirectoryFree) {
  for (const char* more : {"", "--resume ", "--set train.sample_every=1 --set train.log_every=1000 "}) {
    expect_refused(train(std::string(more) + "--set guard.max_gradient_norm=1e-9"), 3, {"diverged at step 1"});
    EXPECT_FALSE(exists("run")) << more;
  }
}

TEST_F(BadInput, AStartWhoseFirstCheckpointDoesNotFitLeavesTheDirectoryToItsUser) {
  std::filesystem::create_directories(folder_ / "run");
  write("run/log.txt", "the user's");
  const std::string large = "cebm-train --config tiny.yaml --data-root data --out run --set model.latent_dim=600 ";
  expect_refused(run(large + "--set checkpoint.every=1", "ulimit -f 60;"), 1, {"step_000000001", "File too large"});
  EXPECT_THAT(names_in(folder_ / "run"), testing::ElementsAre("log.txt"));
  EXPECT_EQ(train().code, 0) << "the next try is none the worse for it";
}

TEST_F(BadInput, AStartTouchesNoFileOfAnothersThatIsNamedAsOneOfARun) {
  std::filesystem::create_directories(folder_ / "run/samples");
  for (const char* name : {"run.json", "samples/data.png"}) {
    write(std::string("run/") + name, "the user's");
    for (const char* more : {"", "--resume "}) {
      expect_refused(train(std::string(more) + "--set guard.max_gradient_norm=1e-9"), 2, {name, "--out"});
      EXPECT_EQ(contents(folder_ / "run" / name), "the user's");
      EXPECT_FALSE(exists("run/config.yaml"));
    }
    std::filesystem::remove(folder_ / "run" / name);
  }
}

TEST_F(BadInput, ARunIsNotOverwritten) {
  ASSERT_EQ(train().code, 0);
  const std::string before = contents(folder_ / "run/metrics.csv");
  expect_refused(train(), 2, {"already holds a run", "--resume"});
  std::filesystem::remove(folder_ / "run/config.yaml");
  expect_refused(train(), 2, {"already holds a run", "--resume"});
  std::filesystem::remove(folder_ / "run/metrics.csv");
  expect_refused(train(), 2, {"already holds a run", "--resume"});
  std::filesystem::remove_all(folder_ / "run/checkpoints");
  write("run/metrics.csv", before);
  expect_refused(train(), 2, {"already holds a run", "--resume"});
  EXPECT_EQ(contents(folder_ / "run/metrics.csv"), before);
}

TEST_F(BadInput, ARefusedResumeRemovesNoCheckpoint) {
  const std::string flags = " --set checkpoint.every=1 --set guard.margin=0 --set checkpoint.keep_last=";
  ASSERT_EQ(train(flags + "0").code, 0);
  const auto before = names_in(folder_ / "run/checkpoints");
  expect_refused(train(flags + "1 --resume --set train.batch_size=5"), 2, {"batch_size"});
  EXPECT_EQ(names_in(folder_ / "run/checkpoints"), before);
  EXPECT_EQ(train(flags + "1 --resume").code, 0);
  EXPECT_LT(names_in(folder_ / "run/checkpoints").size(), before.size());
}

TEST_F(BadInput, MissingOrForeignRunDirectoriesAreRefused) {
  expect_refused(run("cebm-sample --run nowhere --out a.png"), 1, {"nowhere"});
  std::filesystem::create_directories(folder_ / "empty");
  expect_refused(run("cebm-sample --run empty --out a.png"), 1, {"empty", "checkpoint"});
  expect_refused(run("cebm-eval report --run empty"), 1, {"empty"});
  expect_refused(run("cebm-eval scores --run nowhere"), 1, {"nowhere"});
  EXPECT_FALSE(exists("a.png"));
}

TEST_F(BadInput, AnUnwritableOutputIsRefusedBeforeTraining) {
  write("file", "");
  expect_refused(run("cebm-train --config tiny.yaml --data-root data --out file/run"), 1, {"file/run"});
}

TEST_F(BadInput, AFullDiskEndsWithOneMessageAndKeepsWhatIsThere) {
  ASSERT_EQ(train().code, 0);
  // Files may not grow beyond 2 KiB: the write fails as it would on a full disk.
  const std::string full = "trap '' XFSZ; ulimit -f 2;";
  const Outcome sampled = run("cebm-sample --run run --data-root data --steps 1 --count 30 --out grid.png -q", full);
  expect_refused(sampled, 1, {"grid"});
  EXPECT_FALSE(exists("grid.png"));
  EXPECT_FALSE(exists("grid.npy"));
  const Outcome trained = run("cebm-train --config tiny.yaml --data-root data --out other -q", full);
  expect_refused(trained, 1, {"other"});
  EXPECT_FALSE(exists("other/checkpoints/step_000000002"));
}

TEST_F(BadInput, ADeviceThatDoesNotExistIsRefused) {
  expect_refused(train("--device cuda:63"), 2, {"cuda:63"});
  expect_refused(train("--device tpu"), 2, {"tpu"});
}

TEST_F(BadInput, AnInstructionSetThatDoesNotExistIsRefused) {
  expect_refused(run("cebm-train --config tiny.yaml --data-root data --out run", "CEBM_KERNELS=mmx"), 2,
                 {"CEBM_KERNELS", "generic", "'mmx'"});
  EXPECT_EQ(run("cebm-train --config tiny.yaml --data-root data --out run", "CEBM_KERNELS=generic").code, 0);
}

TEST_F(BadInput, SamplesThatCannotBeDrawnAreRefused) {
  ASSERT_EQ(train().code, 0);
  expect_refused(run("cebm-sample --run run --count 0 --out a.png"), 2, {"count: ", "found 0"});
  expect_refused(run("cebm-sample --run run --count 1000000000000 --out a.png"), 2, {"count: ", "found 1000000000000"});
  expect_refused(run("cebm-sample --run run --steps -1 --out a.png"), 2, {"steps: ", "-1"});
  expect_refused(run("cebm-sample --run run --joint -5 --out a.png"), 2, {"joint steps: ", "-5"});
  expect_refused(run("cebm-sample --run run --init buffer --count 31 --out a.png"), 2, {"31", "30"});
  expect_refused(run("cebm-sample --run run --init elsewhere --out a.png"), 2, {"elsewhere"});
  expect_refused(run("cebm-sample --run run --out a.jpg"), 2, {".png"});
  write("bad.npy", "not an array");
  expect_refused(run("cebm-sample --run run --init bad.npy --out a.png"), 1, {"bad.npy"});
  EXPECT_FALSE(exists("a.png"));
}

TEST_F(BadInput, NumbersInAFileThatAreNotFiniteAreTheFilesFault) {
  ASSERT_EQ(train().code, 0);
  torch::Tensor images = torch::zeros({3, 1, 28, 28});
  images[1][0][5][5] = NAN;
  write_npy(folder_ / "nan.npy", images);
  expect_refused(run("cebm-sample --run run --count 2 --init nan.npy --out a.png"), 1, {"nan.npy: row 1 (from 0)"});
  write_npy(folder_ / "code.npy", torch::full({2, 4}, 1e300, torch::kDouble));
  expect_refused(run("cebm-sample --run run --given-latent-of code.npy --count 2 --out a.png"), 1, {"code.npy: row 0"});
  const std::string file = "run/checkpoints/step_000000004/model.safetensors";
  TensorMap weights = load_safetensors(folder_ / file);
  weights.begin()->second.fill_(NAN);
  save_safetensors(folder_ / "nan.safetensors", weights);
  expect_refused(run("cebm-train --config tiny.yaml --data-root data --out other --init-from nan.safetensors"), 1,
                 {"nan.safetensors: tensor '" + weights.begin()->first + "': expected finite numbers"});
}

TEST_F(BadInput, WeightsThatAreNoneAreNamedForWhatTheyAre) {
  write("pointer.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
  write("page.safetensors", "<!DOCTYPE html><html></html>\n");
  write("empty.safetensors", "");
  const std::pair<std::string, std::string> kinds[] = {
      {"pointer", "a Git LFS pointer"}, {"page", "an HTML page"}, {"empty", "an empty file"}};
  for (const auto& [name, kind] : kinds) {
    const std::string file = name + ".safetensors";
    expect_refused(run("cebm-train --config tiny.yaml --data-root data --out other --init-from " + file), 1,
                   {file + ": ", "expected safetensors weights, found " + kind});
  }
}

TEST_F(BadInput, DivergenceEndsWithCodeThreeAndAdvice) {
  const Outcome outcome =
      train("--set train.optimizer.learning_rate=10 --set train.steps=200 --set train.max_energy=100");
  expect_refused(outcome, 3, {"diverged at step", "learning_rate", "sampler.steps"});
}

TEST_F(BadInput, ADamagedCheckpointIsSkippedByName) {
  ASSERT_EQ(train().code, 0);
  const std::string file = "run/checkpoints/step_000000004/model.safetensors";
  std::string bytes = contents(folder_ / file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write(file, bytes);
  const Outcome outcome = run("cebm-sample --run run --data-root data --steps 1 --count 4 --out a.png");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("step_000000004"), HasSubstr("model.safetensors"), HasSubstr("step 2")));
}

}  // namespace cebm
