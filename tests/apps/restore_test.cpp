#include <cebm/image_io.h>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;

/// Images that a finished run completes, cleans and composes.
class Restore : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(train("-q").code, 0);
  }
  Outcome sample(const std::string& arguments) const {
    return run("cebm-sample --run run --data-root data --steps 4 " + arguments);
  }
  /// [images, columns, 1, 28, 28]
  torch::Tensor rows_of(const std::string& file, std::int64_t images) const {
    const torch::Tensor all = read_npy(folder_ / file);
    return all.unflatten(0, {images, all.size(0) / images});
  }
};

TEST_F(Restore, InpaintingHoldsThePixelsOutsideTheMaskAndFillsInTheOthers) {
  const Outcome outcome = sample("--inpaint half --count 3 --tries 2 --out half.png");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("mean squared error of the pixels that were filled in: "));
  const torch::Tensor rows = rows_of("half.npy", 3);
  ASSERT_EQ(rows.size(1), 4) << "the image, what is given, and two tries";
  const torch::Tensor clean = rows.select(1, 0);
  for (const std::int64_t column : {1, 2, 3}) {
    EXPECT_TRUE(rows.select(1, column).narrow(2, 0, 14).equal(clean.narrow(2, 0, 14))) << column;
    EXPECT_FALSE(rows.select(1, column).narrow(2, 14, 14).equal(clean.narrow(2, 14, 14))) << column;
  }
  EXPECT_FALSE(rows.select(1, 2).equal(rows.select(1, 3))) << "every try has its own noise";
}

TEST_F(Restore, AMaskIsAPictureWhoseWhitePixelsAreFilledIn) {
  Picture mask{28, 28, 1, std::vector<std::uint8_t>(28 * 28, 0)};
  mask.pixels[5] = 255;
  write_png(folder_ / "mask.png", mask);
  ASSERT_EQ(sample("--init data --count 2 --out given.png").code, 0);
  ASSERT_EQ(sample("--inpaint mask.png --given given.npy --out one.png").code, 0);
  const torch::Tensor rows = rows_of("one.npy", 2);
  const torch::Tensor changed = rows.select(1, 2).ne(rows.select(1, 0));
  EXPECT_EQ(changed.sum().item<std::int64_t>(), 2);
  EXPECT_TRUE(changed.select(3, 5).select(2, 0).all().item<bool>());
  mask.pixels[5] = 0;
  write_png(folder_ / "black.png", mask);
  EXPECT_THAT(sample("--inpaint black.png --out b.png").err, HasSubstr("black.png: expected a mask with white pixels"));
  write_png(folder_ / "small.png", {2, 1, 1, {0, 255}});
  EXPECT_THAT(sample("--inpaint small.png --out b.png").err,
              HasSubstr("expected a mask of 28 x 28 pixels, found 2 x 1"));
}

TEST_F(Restore, DenoisingStartsFromTheNoisyImagesAndSaysHowNearItComes) {
  const Outcome outcome = sample("--denoise 0.3 --count 5 --out clean.png");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("mean squared error: noisy 0.09"));
  EXPECT_EQ(rows_of("clean.npy", 5).size(1), 3);
  EXPECT_EQ(sample("--denoise 0.3 --temperature 1e-4 --inpaint half --tries 2 --out both.png").code, 0);
  ASSERT_EQ(sample("--denoise 0.3 --given clean.npy --out file.png").code, 0);
  EXPECT_EQ(rows_of("file.npy", 15).size(1), 2) << "nobody knows the clean ones of a file";
}

TEST_F(Restore, ARunComposedWithItselfHasTwiceItsEnergy) {
  ASSERT_EQ(sample("--count 4 --out one.png").code, 0);
  const Outcome outcome = sample("--count 4 --compose run --out two.png");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(" + "));
  EXPECT_FALSE(read_npy(folder_ / "one.npy").equal(read_npy(folder_ / "two.npy")));
  ASSERT_EQ(sample("--count 4 --sampler-option alpha=0.2 --out twice.png").code, 0);
  EXPECT_TRUE(read_npy(folder_ / "two.npy").allclose(read_npy(folder_ / "twice.npy"), 1e-4, 1e-4))
      << "one sampler of twice the energy is one of twice the step";
  EXPECT_EQ(sample("--compose run --inpaint half --count 2 --out three.png").code, 0);
}

TEST_F(Restore, FlagsThatNothingReadsAreRefused) {
  for (const auto& [arguments, flag] :
       std::vector<std::pair<std::string, std::string>>{{"--inpaint half --component 0", "--component"},
                                                        {"--denoise 0.3 --given-latent-of a.npy", "--given-latent-of"},
                                                        {"--inpaint half --trace", "--trace"},
                                                        {"--denoise 0.3 --columns 3", "--columns"},
                                                        {"--inpaint half --given a.npy --split train", "--split"},
                                                        {"--split train", "--split"}}) {
    const Outcome outcome = sample(arguments + " --out x.png");
    EXPECT_EQ(outcome.code, 2) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(flag + ": has "));
    EXPECT_FALSE(exists("x.png"));
  }
}

TEST_F(Restore, NoiseAndTemperatureAreFiniteAndAbove0) {
  for (const std::string arguments :
       {"--denoise nan", "--denoise 0.3 --temperature nan", "--denoise 0.3 --temperature inf", "--denoise 0"}) {
    const Outcome outcome = sample(arguments + " --out x.png");
    EXPECT_EQ(outcome.code, 2) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr("expected a finite number above 0, found '" +
                                       arguments.substr(arguments.rfind(' ') + 1) + "'"));
  }
}

TEST_F(Restore, FlagsThatDoNotBelongTogetherAreRefused) {
  for (const auto& [arguments, message] : std::vector<std::pair<std::string, std::string>>{
           {"--tries 3", "--tries: has a meaning with --inpaint or --denoise alone"},
           {"--given a.npy", "--given: has a meaning with"},
           {"--inpaint half --temperature 1", "--temperature: has a meaning with --denoise alone"},
           {"--inpaint half --joint 2", "expected one of given codes, components, joint sampling and restoration"},
           {"--inpaint half --count 100000", "the images of the test split"},
           {"--compose absent", "absent"},
           {"--compose run --joint 2", "joint sampling and a sum of energies"}}) {
    const Outcome outcome = sample(arguments + " --out x.png");
    EXPECT_NE(outcome.code, 0) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_FALSE(exists("x.png"));
  }
}

}  // namespace cebm
