#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>

#include "support/folder_test.h"
#include "support/png_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kGap = 128;

at::Tensor bytes(std::initializer_list<int> values) { return at::tensor(std::vector<int>(values)).to(at::kByte); }

TEST(Grid, ImagesStandRowByRowWithGapsBetweenAndAnUnfinishedLastRow) {
  const at::Tensor images = bytes({1, 2, 3, 4, 5, 6}).view({3, 1, 1, 2});
  const Picture grid = make_grid(images, {.columns = 2, .gap = 1, .scale = 1});
  EXPECT_EQ(grid.width, 5);
  EXPECT_EQ(grid.height, 3);
  EXPECT_EQ(grid.channels, 1);
  EXPECT_THAT(grid.pixels, ElementsAre(1, 2, kGap, 3, 4,              //
                                       kGap, kGap, kGap, kGap, kGap,  //
                                       5, 6, kGap, kGap, kGap));
}

TEST(Grid, ScaleRepeatsPixelsAndColourIsInterleaved) {
  const at::Tensor images = bytes({10, 20, 30}).view({1, 3, 1, 1});
  const Picture grid = make_grid(images, {.columns = 0, .gap = 3, .scale = 2});
  EXPECT_EQ(grid.channels, 3);
  EXPECT_THAT(grid.pixels, ElementsAre(10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30));
}

TEST(Grid, FloatsFromMinusOneToOneCoverAllBytesAndTheRestIsClamped) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor images =
      at::tensor({-1.0F, 0.0F, 1.0F, -7.0F, kInfinity, -kInfinity, kNan, 0.5F}).view({1, 1, 1, 8});
  const GridOptions plain{.columns = 1, .gap = 0, .scale = 1};
  EXPECT_THAT(make_grid(images, plain).pixels, ElementsAre(0, 128, 255, 0, 255, 0, 128, 191));
  EXPECT_THAT(make_grid(images.to(at::kHalf), plain).pixels, ElementsAre(0, 128, 255, 0, 255, 0, 128, 191));
}

TEST(Grid, ColumnsAreAsSquareAsPossibleAndNeverMoreThanImages) {
  const GridOptions tight{.columns = 0, .gap = 0, .scale = 1};
  EXPECT_EQ(make_grid(at::zeros({9, 1, 1, 1}), tight).width, 3);
  EXPECT_EQ(make_grid(at::zeros({10, 1, 1, 1}), tight).width, 4);
  EXPECT_EQ(make_grid(at::zeros({2, 1, 1, 1}), {.columns = 8, .gap = 0, .scale = 1}).width, 2);
}

TEST(Grid, WhatIsNotImagesIsRefused) {
  EXPECT_THROW(make_grid(at::zeros({0, 1, 2, 2})), std::invalid_argument);
  EXPECT_THROW(make_grid(at::zeros({1, 2, 2, 2})), std::invalid_argument);
  EXPECT_THROW(make_grid(at::zeros({1, 2, 2})), std::invalid_argument);
  EXPECT_THROW(make_grid(at::zeros({1, 1, 2, 2}, at::kLong)), std::invalid_argument);
  EXPECT_THROW(make_grid(at::zeros({1, 1, 2, 2}), {.scale = 0}), std::invalid_argument);
  EXPECT_THROW(make_grid(at::zeros({1, 1, 2, 2}), {.scale = 1'000'000}), std::invalid_argument);
}

using Png = FolderTest;

TEST_F(Png, GreyAndColourComeBackUnchanged) {
  for (const std::int64_t channels : {1, 3}) {
    Picture picture{7, 5, channels, {}};
    for (int i = 0; i < 35 * channels; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i * 37));
    write_png(folder_ / "a.png", picture);
    const Picture found = read_png(folder_ / "a.png");
    EXPECT_EQ(found.width, 7);
    EXPECT_EQ(found.height, 5);
    EXPECT_EQ(found.channels, channels);
    EXPECT_EQ(found.pixels, picture.pixels);
  }
}

TEST_F(Png, APictureWhoseBytesDoNotMatchItsSizeIsRefused) {
  EXPECT_THROW(encode_png({2, 2, 1, {1, 2, 3}}), std::invalid_argument);
  EXPECT_THROW(encode_png({0, 2, 1, {}}), std::invalid_argument);
  EXPECT_THROW(encode_png({1, 1, 2, {1, 2}}), std::invalid_argument);
}

TEST_F(Png, DamagedOrOtherPicturesAreRefusedByName) {
  const std::string good = encode_png({2, 2, 3, std::vector<std::uint8_t>(12, 9)});
  const auto refusal = [&](const std::string& content) {
    return message_of<DataError>([&] { read_png(write("bad.png", content)); });
  };
  EXPECT_THAT(refusal("GIF89a"), AllOf(HasSubstr("bad.png"), HasSubstr("expected a PNG")));
  EXPECT_THAT(refusal(""), HasSubstr("found an empty file"));
  EXPECT_THAT(refusal(good.substr(0, 8)), HasSubstr("byte 8 of 8"));
  EXPECT_THAT(refusal(good.substr(0, good.size() - 20)), HasSubstr("found the end of the file"));
  std::string damaged = good;
  damaged[good.find("IDAT") + 4] ^= 0x0F;
  EXPECT_THAT(refusal(damaged), HasSubstr("found damage"));
  EXPECT_THAT(message_of<DataError>([&] { read_png(folder_ / "no.png"); }), HasSubstr("No such file"));
}

TEST_F(Png, OtherDepthsAndTransparencyAreRefused) {
  const auto refusal = [&](const std::string& content) {
    return message_of<DataError>([&] { read_png(write("other.png", content)); });
  };
  EXPECT_THAT(refusal(raw_png(1, 1, 8, 6, std::string(5, '\0'))),
              HasSubstr("expected a PNG of 8 bits with 1 or 3 channels, found 8 bits and 4 channels"));
  EXPECT_THAT(refusal(raw_png(1, 1, 16, 0, std::string(3, '\0'))), HasSubstr("found 16 bits and 1 channels"));
}

TEST_F(Png, BombsAreRefusedBeforeMemoryIsTaken) {
  const auto refusal = [&](std::uint32_t size) {
    return message_of<DataError>([&] { read_png(write("bomb.png", raw_png(size, size, 8, 2, "\1"))); });
  };
  EXPECT_THAT(refusal(16386), HasSubstr("expected a picture of at most 100000000 pixels"));
  EXPECT_THAT(refusal(9000), HasSubstr("for each byte of the file"));
}

}  // namespace
}  // namespace cebm
