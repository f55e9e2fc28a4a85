#include <gmock/gmock.h>

#include "data/loading.h"

namespace cebm {
namespace {

using testing::HasSubstr;

/// Four 2 x 2 images of two channels.
std::shared_ptr<Dataset> originals(const std::string& split) {
  const torch::Tensor images = torch::arange(32).square().mul(3).remainder(251).to(torch::kByte).view({4, 2, 2, 2});
  return std::make_shared<Dataset>(
      Dataset{"own", split, split == "train" ? images : images.flip(0), torch::zeros({4}, torch::kLong), {"a"}, {"f"}});
}

std::shared_ptr<Dataset> derive(const std::string& name, const std::string& options = "{}",
                                const std::string& split = "test", std::uint64_t seed = 1) {
  return load_set(name, options, {.split = split, .seed = seed, .own = originals});
}

TEST(Interpolation, EveryImageIsTheMeanOfTwoDifferentImagesOfTheSplit) {
  const auto set = derive("interpolation", "count: 60");
  const torch::Tensor own = originals("test")->images.to(torch::kInt);
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t i = 0; i < set->size(); ++i) {
    for (std::int64_t a = 0; a < 4; ++a) {
      for (std::int64_t b = 0; b < a; ++b) {
        if (set->images[i].to(torch::kInt).equal((own[a] + own[b] + 1).div(2, "floor"))) pairs.emplace(a, b);
      }
    }
  }
  EXPECT_EQ(pairs.size(), 6) << "every pair comes up";
  const auto of_images = [&](std::int64_t i) {
    for (std::int64_t a = 0; a < 4; ++a) {
      if (set->images[i].to(torch::kInt).equal(own[a])) return true;
    }
    return false;
  };
  for (std::int64_t i = 0; i < set->size(); ++i) EXPECT_FALSE(of_images(i)) << i;
}

TEST(Shuffled, KeepsThePixelsOfAnImageAndTheirChannelsTogether) {
  const auto set = derive("shuffled");
  const torch::Tensor own = originals("test")->images;
  const auto pixels = [](const torch::Tensor& image) {
    std::multiset<std::pair<int, int>> all;
    for (std::int64_t p = 0; p < 4; ++p) {
      const torch::Tensor flat = image.flatten(1);
      all.emplace(flat[0][p].item<int>(), flat[1][p].item<int>());
    }
    return all;
  };
  bool moved = false;
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(pixels(set->images[i]), pixels(own[i]));
    moved = moved || !set->images[i].equal(own[i]);
  }
  EXPECT_TRUE(moved);
}

TEST(Inverted, IsTheNegativeOfEveryImage) {
  EXPECT_TRUE(derive("inverted")->images.equal(255 - originals("test")->images));
  EXPECT_TRUE(derive("inverted", "{}", "train")->images.equal(255 - originals("train")->images));
}

class Derived : public testing::TestWithParam<std::string> {};

TEST_P(Derived, HasAsManyImagesAsTheOtherSplitNoLabelsAndNoFiles) {
  const auto set = derive(GetParam());
  EXPECT_EQ(set->images.sizes(), originals("test")->images.sizes());
  EXPECT_EQ(set->images.scalar_type(), torch::kByte);
  EXPECT_TRUE(set->labels.eq(-1).all().item<bool>());
  EXPECT_TRUE(set->files.empty()) << "or it would be taken for the other set";
  EXPECT_EQ(derive(GetParam(), "{count: 9, limit: 7}")->size(), 7);
}

TEST_P(Derived, AnImageDependsOnSeedSplitAndNumberAlone) {
  const auto set = derive(GetParam(), "count: 9");
  EXPECT_TRUE(derive(GetParam(), "count: 5")->images.equal(set->images.narrow(0, 0, 5)));
  EXPECT_TRUE(derive(GetParam(), "{count: 9, seed: 1}", "test", 8)->images.equal(set->images));
  EXPECT_FALSE(derive(GetParam(), "count: 9", "train")->images.equal(set->images));
}

TEST_P(Derived, NeedsAnotherSet) {
  EXPECT_EQ(load_set(GetParam(), "{of: constant, count: 3}", {.seed = 2})->size(), 3);
  EXPECT_THAT(message_of<ConfigError>([] { load_set(GetParam(), "{}", {}); }),
              HasSubstr("data set " + GetParam() + ": expected `of`"));
  EXPECT_THAT(message_of<ConfigError>([] { load_set(GetParam(), "of: " + GetParam(), {}); }), HasSubstr("itself"));
  EXPECT_THAT(message_of<ConfigError>([] { load_set(GetParam(), "of: constnt", {}); }),
              HasSubstr("did you mean 'constant'?"));
  EXPECT_THAT(message_of<ConfigError>([] { derive(GetParam(), "{}", "extra"); }), HasSubstr("found 'extra'"));
}

INSTANTIATE_TEST_SUITE_P(Sets, Derived, testing::Values("interpolation", "shuffled", "inverted"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace cebm
