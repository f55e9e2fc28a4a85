#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "io/decode_image.h"
#include "support/folder_test.h"
#include "support/png_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Picture png_decoded(const std::string& bytes) { return decode_image(bytes, "a.png"); }

std::string png_refused(const std::string& bytes) {
  return message_of<DataError>([&] { decode_image(bytes, "a.png"); });
}

/// `count` bytes that hardly compress, with the filter byte of a row before every `row` of them.
std::string noisy_rows(std::size_t count, std::size_t row) {
  std::string rows;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % row == 0) rows += '\0';
    state = state * 1664525 + 1013904223;
    rows += static_cast<char>(state >> 24);
  }
  return rows;
}

TEST(PngDecoder, AnyWrongBitIsRefused) {
  const std::string text = chunk("tEXt", std::string("Title\0dots", 10));
  const std::string palette = chunk("PLTE", std::string(256 * 3, '\7')) + chunk("tRNS", "\x10\xFF");
  for (const std::string& whole :
       {png_with(9, 8, 8, 2, text + data_chunk(noisy_rows(9 * 8 * 3, 27)) + text),
        png_with(9, 8, 8, 3, palette + data_chunk(noisy_rows(9 * 8, 9))), raw_png(8, 8, 16, 4, noisy_rows(256, 32))}) {
    png_decoded(whole);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
      EXPECT_THAT(png_refused(damaged), AllOf(HasSubstr("a.png: near byte "), HasSubstr("expected"))) << i;
    }
  }
}

TEST(PngDecoder, DamagedPixelsUnderARightCheckOfTheirChunkAreRefused) {
  const std::string rows = noisy_rows(9 * 8 * 3, 27);
  std::string data = data_chunk(rows);
  data = data.substr(8, data.size() - 12);
  data.back() = static_cast<char>(data.back() ^ 1);  // the Adler-32 of the rows
  EXPECT_THAT(png_refused(png_with(9, 8, 8, 2, chunk("IDAT", data))), HasSubstr("incorrect data check"));
  EXPECT_THAT(png_refused(png_with(9, 8, 8, 2, chunk("IDAT", data.substr(0, data.size() - 4)))),
              HasSubstr("found damage"));
}

TEST(PngDecoder, TooFewAndTooManyPixelsAreRefused) {
  const std::string rows = noisy_rows(9 * 8 * 3, 27);
  EXPECT_THAT(png_refused(raw_png(9, 8, 8, 2, rows.substr(0, rows.size() - 1))), HasSubstr("found damage"));
  EXPECT_THAT(png_refused(raw_png(9, 8, 8, 2, rows + "x")), HasSubstr("found damage"));
  const std::string data = data_chunk(rows);
  const std::string longer = chunk("IDAT", data.substr(8, data.size() - 12) + "surplus");
  EXPECT_THAT(png_refused(png_with(9, 8, 8, 2, longer)), HasSubstr("found damage"));
}

TEST(PngDecoder, EntriesThatThePaletteLacksAreBlackAsTheFormatAdvises) {
  const std::string palette = chunk("PLTE", std::string("\1\2\3\4\5\6", 6));
  EXPECT_THAT(png_decoded(png_with(3, 1, 8, 3, palette + data_chunk(std::string("\0\1\0\2", 4)))).pixels,
              ElementsAre(4, 5, 6, 1, 2, 3, 0, 0, 0));
}

TEST(PngDecoder, InterlacedRowsStandWhereTheyBelong) {
  // 2 x 2 in seven passes: (0, 0); (1, 0); then row 1.
  std::string bytes = raw_png(2, 2, 8, 0, std::string("\0\x0A\0\x14\0\x1E\x28", 7));
  const std::string plain = bytes.substr(0, 8);
  std::string header = bytes.substr(16, 13);
  header[12] = 1;
  EXPECT_THAT(png_decoded(plain + chunk("IHDR", header) + bytes.substr(33)).pixels, ElementsAre(10, 20, 30, 40));
}

TEST(PngDecoder, TransparentColoursBecomeAlphaAtTheirFullDepth) {
  const std::string key = chunk("tRNS", std::string("\x12\x34", 2));
  const std::string rows("\0\x12\x34\x12\x35", 5);
  EXPECT_THAT(png_decoded(png_with(2, 1, 16, 0, key + data_chunk(rows))).pixels, ElementsAre(0x12, 0, 0x12, 255));
}

TEST(PngDecoder, BrokenColourProfilesAreNoDamage) {
  const std::string chunks =
      chunk("gAMA", std::string("\0\1\x86\xA0", 4)) + chunk("iCCP", "none") + data_chunk(std::string("\0\x55", 2));
  EXPECT_THAT(png_decoded(png_with(1, 1, 8, 0, chunks)).pixels, ElementsAre(0x55));
}

}  // namespace
}  // namespace cebm
