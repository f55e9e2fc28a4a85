#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/run.h>

#include <cmath>

#include "data/loading.h"

namespace cebm {
namespace {

using testing::HasSubstr;

std::shared_ptr<Dataset> draw(const std::string& name, const std::string& options, DataContext context = {}) {
  return load_set(name, options, context);
}

TEST(Constant, EveryImageIsOneColour) {
  const auto set = draw("constant", "{count: 50, size: 9, channels: 3}");
  EXPECT_EQ(set->images.sizes(), (std::vector<std::int64_t>{50, 3, 9, 9}));
  EXPECT_TRUE(set->images.eq(set->images.narrow(2, 0, 1).narrow(3, 0, 1)).all().item<bool>());
  EXPECT_TRUE(set->labels.eq(-1).all().item<bool>());
  EXPECT_TRUE(set->files.empty());
  const torch::Tensor colours = set->images.select(3, 0).select(2, 0).to(at::kInt);
  EXPECT_FALSE(colours.select(1, 0).equal(colours.select(1, 1))) << "channels are drawn apart";
}

TEST(Constant, LevelsAreUniformOnAllBytes) {
  const auto set = draw("constant", "{count: 25600, size: 1}");
  const torch::Tensor counts = set->images.flatten().to(at::kLong).bincount({}, 256).to(at::kDouble);
  // Chi-squared with 255 degrees of freedom: mean 255, standard deviation 22.6; bounds of five of these.
  const double statistic = counts.sub(100).square().div(100).sum().item<double>();
  EXPECT_NEAR(statistic, 255, 5 * std::sqrt(2 * 255.0));
}

TEST(Noise, BytesAreUniformAndIndependentOfEachOther) {
  const auto set = draw("noise", "{count: 300, size: 16}");
  EXPECT_EQ(set->images.sizes(), (std::vector<std::int64_t>{300, 1, 16, 16}));
  const torch::Tensor bytes = set->images.to(at::kLong);
  const torch::Tensor counts = bytes.flatten().bincount({}, 256).to(at::kDouble);
  EXPECT_NEAR(counts.sub(300).square().div(300).sum().item<double>(), 255, 5 * std::sqrt(2 * 255.0));
  const torch::Tensor x = bytes.to(at::kDouble).sub(127.5).div(std::sqrt((256.0 * 256.0 - 1) / 12));
  for (const std::int64_t axis : {0, 2, 3}) {
    const std::int64_t size = x.size(axis) - 1;
    const torch::Tensor products = x.narrow(axis, 0, size).mul(x.narrow(axis, 1, size));
    EXPECT_NEAR(products.mean().item<double>(), 0, 5 / std::sqrt(static_cast<double>(products.numel()))) << axis;
  }
}

TEST(GaussianNoise, HasTheMomentsOfACutGaussian) {
  const torch::Tensor x = draw("gaussian-noise", "{count: 300, size: 16}")->images.to(at::kDouble).div(255.0);
  // A share Phi(-1/2) = 0.3085 lies at each end, and between them the density is that of N(0.5, 1).
  EXPECT_NEAR(x.eq(0.0).to(at::kDouble).mean().item<double>(), 0.3085 + 0.3521 / 510, 0.006);
  EXPECT_NEAR(x.mean().item<double>(), 0.5, 0.006);
}

class Drawn : public testing::TestWithParam<std::string> {};

TEST_P(Drawn, ShapeIsTheModelsUnlessAnotherIsAskedFor) {
  EXPECT_EQ(draw(GetParam(), "count: 2")->image_shape(), (ImageShape{1, 28, 28}));
  const DataContext model = {.root = {}, .image = ImageShape{3, 32, 24}};
  EXPECT_EQ(draw(GetParam(), "count: 2", model)->image_shape(), (ImageShape{3, 32, 24}));
  EXPECT_EQ(draw(GetParam(), "{count: 2, size: 8, channels: 1}", model)->image_shape(), (ImageShape{1, 8, 8}));
}

TEST_P(Drawn, ImagesAreGreyOrColour) {
  const Catalog catalog;
  for (const std::string channels : {"2", "4"}) {
    EXPECT_THAT(message_of<ConfigError>([&] {
                  RunConfig config(catalog);
                  read_options(parse_config("{data: {name: " + GetParam() + ", channels: " + channels + "}}"), config);
                  (void)image_shape_of(config.data, {});
                }),
                testing::AllOf(HasSubstr("data.channels"), HasSubstr("found"), HasSubstr(channels)))
        << "known before an image is drawn";
  }
}

TEST_P(Drawn, AnImageDependsOnSeedSplitAndNumberAlone) {
  const auto set = draw(GetParam(), "{count: 600, size: 6}", {.root = {}, .seed = 3});
  EXPECT_TRUE(draw(GetParam(), "{count: 600, size: 6}", {.root = {}, .seed = 3})->images.equal(set->images));
  EXPECT_TRUE(
      draw(GetParam(), "{count: 300, size: 6}", {.root = {}, .seed = 3})->images.equal(set->images.narrow(0, 0, 300)));
  EXPECT_TRUE(draw(GetParam(), "{count: 600, limit: 10, size: 6}", {.root = {}, .seed = 3})
                  ->images.equal(set->images.narrow(0, 0, 10)));
  EXPECT_TRUE(draw(GetParam(), "{count: 600, size: 6, seed: 3}", {.root = {}, .seed = 9})->images.equal(set->images));
  EXPECT_FALSE(draw(GetParam(), "{count: 600, size: 6}", {.root = {}, .seed = 4})->images.equal(set->images));
  EXPECT_FALSE(
      draw(GetParam(), "{count: 600, size: 6}", {.root = {}, .split = "test", .seed = 3})->images.equal(set->images));
}

TEST_P(Drawn, OtherSplitsAreRefused) {
  EXPECT_THAT(message_of<ConfigError>([] { draw(GetParam(), "{}", {.root = {}, .split = "valid"}); }),
              HasSubstr("found 'valid'"));
}

INSTANTIATE_TEST_SUITE_P(Sets, Drawn, testing::Values("constant", "noise", "gaussian-noise"), [](const auto& instance) {
  return instance.param == "gaussian-noise" ? std::string("gaussian_noise") : instance.param;
});

}  // namespace
}  // namespace cebm
