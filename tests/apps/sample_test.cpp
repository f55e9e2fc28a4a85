#include <cebm/image_io.h>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;

/// A finished run to sample from and to evaluate.
class Sample : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const Outcome outcome = train("-q");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  Outcome sample(const std::string& arguments) const {
    return run("cebm-sample --run run --data-root data --steps 4 --count 9 " + arguments);
  }
};

TEST_F(Sample, EveryStartGivesAGridAndRawSamples) {
  for (const std::string init : {"noise", "buffer", "data", "data_noise", "gaussian"}) {
    const Outcome outcome = sample("--init " + init + " --out " + init + ".png");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr(init + ".png\nvariety: mean distance between samples"));
    EXPECT_EQ(contents(folder_ / (init + ".png")).substr(1, 3), "PNG");
    EXPECT_THAT(contents(folder_ / (init + ".npy")), HasSubstr("(9, 1, 28, 28)"));
  }
  EXPECT_EQ(sample("--init noise.npy --out again.png").code, 0);
}

TEST_F(Sample, ChainsStartFromTheImagesOfAFileInTheirOrder) {
  ASSERT_EQ(sample("--init data --out a.png").code, 0);
  const auto from_file = [&](const std::string& arguments) {
    const Outcome outcome =
        run("cebm-sample --run run --data-root data --steps 0 --init a.npy --out b.png " + arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return read_npy(folder_ / "b.npy");
  };
  const torch::Tensor start = read_npy(folder_ / "a.npy");
  ASSERT_EQ(start.size(0), 9);
  EXPECT_TRUE(from_file("").equal(start)) << "all of them where no number is given";
  EXPECT_TRUE(from_file("--seed 7").equal(start));
  EXPECT_TRUE(from_file("--count 4").equal(start.narrow(0, 0, 4)));
  const Outcome more = run("cebm-sample --run run --data-root data --init a.npy --count 10 --out c.png");
  EXPECT_EQ(more.code, 2);
  EXPECT_THAT(more.err, HasSubstr("a.npy has only 9 images"));
}

TEST_F(Sample, AFileThatIsReadIsNotOverwritten) {
  ASSERT_EQ(sample("--init data --out a.png").code, 0);
  const std::string before = contents(folder_ / "a.npy");
  for (const std::string flags :
       {"--init a.npy --out a.png", "--init ./a.npy --out a.png", "--inpaint half --given a.npy --out a.png",
        "--inpaint a.png --out a.png", "--given-latent-of a.npy --out a.png"}) {
    const Outcome outcome = sample(flags);
    EXPECT_EQ(outcome.code, 2) << flags;
    EXPECT_THAT(outcome.err, HasSubstr("--out a.png: would overwrite a.")) << flags;
  }
  EXPECT_EQ(contents(folder_ / "a.npy"), before);
}

TEST_F(Sample, ADirectoryInTheOutputsPlaceIsRefusedBeforeChainsMove) {
  std::filesystem::create_directory(folder_ / "dir.png");
  std::filesystem::create_directory(folder_ / "other.npy");
  for (const std::string out : {"dir.png", "other.png"}) {
    const Outcome outcome = sample("--out " + out);
    EXPECT_EQ(outcome.code, 2) << out;
    EXPECT_THAT(outcome.err, HasSubstr("expected a file to write, found a directory")) << out;
  }
  EXPECT_FALSE(exists("dir.npy"));
}

TEST_F(Sample, ImagesOfAnotherRangeAreRefused) {
  write_npy(folder_ / "bytes.npy", torch::full({9, 1, 28, 28}, 255.0));
  for (const std::string flags :
       {"--init bytes.npy", "--inpaint half --given bytes.npy", "--given-latent-of bytes.npy"}) {
    const Outcome outcome = sample(flags + " --out b.png");
    EXPECT_EQ(outcome.code, 1) << flags;
    EXPECT_THAT(outcome.err, HasSubstr("bytes.npy: expected images in [-1, 1], found values up to 255")) << flags;
  }
  EXPECT_FALSE(exists("b.npy"));
}

TEST_F(Sample, ASeedIsAWholeNumber) {
  for (const std::string seed : {"-1", "99999999999999999999", "1.5", "x"}) {
    const Outcome outcome = sample("--seed " + seed + " --out c.png");
    EXPECT_EQ(outcome.code, 2) << seed;
    EXPECT_THAT(outcome.err, HasSubstr("expected a whole number from 0 to 18446744073709551615, found '" + seed + "'"));
  }
  EXPECT_EQ(sample("--seed 18446744073709551615 --out c.png").code, 0);
}

TEST_F(Sample, RunsToComposeMayHaveCommasInTheirNames) {
  std::filesystem::rename(folder_ / "run", folder_ / "run,1");
  std::filesystem::create_directory_symlink("run,1", folder_ / "run");
  const Outcome one = sample("--compose run,1 --out d.png");
  EXPECT_EQ(one.code, 0) << one.err;
  const Outcome two = sample("--compose run,run --out e.png");
  EXPECT_EQ(two.code, 0) << two.err;
  EXPECT_NE(contents(folder_ / "d.npy"), contents(folder_ / "e.npy"));
}

TEST_F(Sample, ADamagedCheckpointOfARunToComposeIsNamed) {
  std::filesystem::copy(folder_ / "run", folder_ / "other", std::filesystem::copy_options::recursive);
  std::filesystem::create_directories(folder_ / "other/checkpoints/step_000000999");
  write("other/checkpoints/step_000000999/manifest.json", "{}");
  const Outcome outcome = sample("--compose other --out d.png");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("skipped checkpoint other/checkpoints/step_000000999"));
}

TEST_F(Sample, TheNumberOfStepsIsNoOptionOfTheSampler) {
  const Outcome outcome = sample("--sampler-option steps=9 --out d.png");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--sampler-option steps: --steps sets the number of steps"));
}

TEST_F(Sample, TheSameSeedGivesTheSameSamplesForAnyNumberOfThreads) {
  ASSERT_EQ(sample("--seed 5 --threads 1 --out a.png").code, 0);
  ASSERT_EQ(sample("--seed 5 --threads 2 --out b.png").code, 0);
  ASSERT_EQ(sample("--seed 6 --out c.png").code, 0);
  EXPECT_EQ(contents(folder_ / "a.npy"), contents(folder_ / "b.npy"));
  EXPECT_NE(contents(folder_ / "a.npy"), contents(folder_ / "c.npy"));
}

TEST_F(Sample, VarietyIsComparedWithThatOfTheWholeSetInWhateverOrderItIs) {
  std::string images = idx_header({40, 28, 28});
  for (const char grey : {'\0', '\xff'}) images += std::string(std::size_t{20} * 28 * 28, grey);
  write("data/mnist/train-images-idx3-ubyte", images);  // two classes, one after the other
  const Outcome outcome = run("cebm-sample --run run --data-root data --init data --steps 0 --count 20 --out grid.png");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::size_t at = outcome.out.find("ratio ");
  ASSERT_NE(at, std::string::npos) << outcome.out;
  EXPECT_NEAR(std::stod(outcome.out.substr(at + 6)), 1.0, 0.3) << outcome.out;
}

TEST_F(Sample, TraceShowsHowChainsGotThere) {
  const Outcome outcome = sample("--trace --out grid.png");
  EXPECT_THAT(outcome.out, HasSubstr("grid_trace.png"));
  EXPECT_EQ(contents(folder_ / "grid_trace.png").substr(1, 3), "PNG");
}

TEST_F(Sample, ScoresOfEveryImageAreWritten) {
  const Outcome outcome = run("cebm-eval scores --run run --data-root data --split test");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/eval/scores/mnist_test\n");
  EXPECT_THAT(contents(folder_ / "run/eval/scores/mnist_test/latent.npy"), HasSubstr("(20, 4)"));
  for (const char* name : {"energy", "gradient_norm", "label"}) {
    EXPECT_TRUE(exists(std::string("run/eval/scores/mnist_test/") + name + ".npy"));
  }
}

TEST_F(Sample, TheReportCanBeWrittenAnew) {
  std::filesystem::remove(folder_ / "run/report.html");
  const Outcome outcome = run("cebm-eval report --run run");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string page = contents(folder_ / "run/report.html");
  EXPECT_THAT(page, HasSubstr("data:image/png;base64"));
  EXPECT_THAT(page, HasSubstr("<svg"));
  for (const char* outside : {"src=\"http", "href=\"http", "url(http"}) {
    EXPECT_THAT(page, testing::Not(HasSubstr(outside)));
  }
}

}  // namespace cebm
