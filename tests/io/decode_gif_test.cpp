#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "io/decode_image.h"
#include "support/folder_test.h"
#include "support/gif_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAreArray;
using testing::HasSubstr;

using Colours = std::vector<std::string>;  // a letter a pixel, row by row

const std::string kPalette("\x01\x02\x03\xFF\0\0\0\xFF\0\0\0\xFF", 12);  // a: dark, r: red, g: green, b: blue

/// The picture as letters; '.' is transparent.
Colours drawn(const std::string& bytes) {
  const Picture picture = decode_image(bytes, "a.gif");
  EXPECT_EQ(picture.channels, 4);
  Colours rows;
  for (std::int64_t y = 0; y < picture.height; ++y) {
    rows.emplace_back();
    for (std::int64_t x = 0; x < picture.width; ++x) {
      const std::uint8_t* p = &picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 4)];
      EXPECT_TRUE(p[3] == 0 || p[3] == 255);
      rows.back() += p[3] == 0     ? '.'
                     : p[0] == 1   ? 'a'
                     : p[0] == 255 ? 'r'
                     : p[1] == 255 ? 'g'
                     : p[2] == 255 ? 'b'
                                   : '?';
    }
  }
  return rows;
}

std::string gif_refused(const std::string& bytes) {
  return message_of<DataError>([&] { decode_image(bytes, "a.gif"); });
}

TEST(Gif, WhatTheFirstFrameLeavesOfTheScreenIsTransparentWhateverTheBackground) {
  const GifFrame frame{.left = 1, .top = 1, .width = 2, .height = 1, .pixels = {3, 0}};
  EXPECT_EQ(drawn(gif_file(4, 3, kPalette, {frame})), (Colours{"....", ".ba.", "...."}));
}

TEST(Gif, TheTransparentEntryIsNotDrawnThoughItsColourBe) {
  const std::string twice("\x01\x02\x03\xFF\0\0\xFF\0\0\0\0\xFF", 12);  // entries 1 and 2 are both red
  const GifFrame frame{.width = 3, .pixels = {1, 2, 3}, .transparent = 2};
  EXPECT_EQ(drawn(gif_file(3, 1, twice, {frame})), (Colours{"r.b"}));
}

TEST(Gif, ATransparentEntryThatThePaletteLacksChangesNothing) {
  const GifFrame frame{.width = 2, .pixels = {1, 2}, .transparent = 200};
  EXPECT_EQ(drawn(gif_file(2, 1, kPalette, {frame})), (Colours{"rg"}));
}

TEST(Gif, AFramesOwnPaletteWins) {
  const std::string reversed("\0\0\xFF\0\xFF\0\xFF\0\0\x01\x02\x03", 12);
  const GifFrame frame{.width = 4, .pixels = {0, 1, 2, 3}, .palette = reversed};
  EXPECT_EQ(drawn(gif_file(4, 1, kPalette, {frame})), (Colours{"bgra"}));
  EXPECT_EQ(drawn(gif_file(4, 1, "", {frame})), (Colours{"bgra"}));
}

TEST(Gif, InterlacedRowsStandWhereTheyBelong) {
  // In the file: rows 0, 8 and 4, then 2 and 6, then the odd ones.
  const GifFrame frame{.height = 9, .pixels = {0, 0, 1, 2, 2, 3, 3, 3, 3}, .interlaced = true};
  EXPECT_EQ(drawn(gif_file(1, 9, kPalette, {frame})), (Colours{"a", "b", "g", "b", "r", "b", "g", "b", "a"}));
}

TEST(Gif, AFrameBeyondTheScreenEnlargesIt) {
  const GifFrame frame{.left = 1, .top = 1, .width = 2, .height = 2, .pixels = {1, 2, 3, 1}};
  EXPECT_EQ(drawn(gif_file(2, 2, kPalette, {frame})), (Colours{"...", ".rg", ".br"}));
  EXPECT_EQ(drawn(gif_file(0, 0, kPalette, {{.width = 1, .height = 2, .pixels = {1, 2}}})), (Colours{"r", "g"}));
}

TEST(Gif, LaterFramesAreNotDrawn) {
  const GifFrame first{.width = 1, .height = 1, .pixels = {1}};
  const GifFrame second{.width = 2, .height = 1, .pixels = {2, 3}, .transparent = 1};
  EXPECT_EQ(drawn(gif_file(2, 1, kPalette, {first, second})), (Colours{"r."}));
}

TEST(Gif, EveryTruncationIsRefused) {
  const GifFrame frame{.width = 9, .height = 9, .pixels = std::vector<int>(81, 2), .transparent = 1};
  const std::string whole = gif_file(9, 9, kPalette, {frame, frame});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(gif_refused(whole.substr(0, length)), AllOf(HasSubstr("a.gif: near byte "), HasSubstr("expected")))
        << length;
  }
  EXPECT_THAT(gif_refused(whole.substr(0, whole.size() - 1)), HasSubstr("found the end of the file"));
  EXPECT_EQ(drawn(whole + "more").size(), 9U);
}

TEST(Gif, DataThatEndBeforeTheLastPixelAreRefused) {
  const GifFrame frame{.width = 3, .height = 2, .pixels = {0, 1, 2, 3}};
  EXPECT_THAT(gif_refused(gif_file(3, 2, kPalette, {frame})), HasSubstr("found damage"));
}

TEST(Gif, EntriesThatThePaletteLacksAreRefused) {
  std::string bytes = gif_file(1, 1, kPalette, {{.pixels = {3}}});
  bytes[10] = '\x80';  // a palette of two colours
  bytes.erase(13 + 6, 6);
  EXPECT_THAT(gif_refused(bytes), HasSubstr("palette with 2 colours, found entry 3"));
  EXPECT_THAT(gif_refused(gif_file(1, 1, "", {{.pixels = {0}}})), HasSubstr("palette with 0 colours"));
}

TEST(Gif, AFileWithoutFramesIsRefused) {
  EXPECT_THAT(gif_refused(gif_file(4, 4, kPalette, {})), HasSubstr("at least one frame, found none"));
}

TEST(Gif, ScreensThatNoFileOfThisLengthNeedsAreRefused) {
  EXPECT_THAT(gif_refused(gif_file(20000, 20000, kPalette, {{.pixels = {0}}})), HasSubstr("found 20000 x 20000"));
}

}  // namespace
}  // namespace cebm
