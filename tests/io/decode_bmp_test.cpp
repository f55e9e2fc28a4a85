#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "io/decode_image.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string little(std::uint32_t value, int bytes = 4) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
  return text;
}

struct Bmp {
  int width = 0;
  int height = 0;
  int bits = 0;
  std::string data = {};
  std::string palette = {};
  std::uint32_t header = 40;
  std::uint32_t compression = 0;
  std::uint32_t colours = 0;
  std::vector<std::uint32_t> masks = {};
};

std::string bmp_encoded(const Bmp& bmp) {
  std::string header = little(bmp.header);
  const int number = bmp.header == 12 ? 2 : 4;
  header +=
      little(static_cast<std::uint32_t>(bmp.width), number) + little(static_cast<std::uint32_t>(bmp.height), number);
  header += little(1, 2) + little(static_cast<std::uint32_t>(bmp.bits), 2);
  if (number == 4) header += little(bmp.compression) + std::string(12, '\0') + little(bmp.colours) + little(0);
  for (const auto mask : bmp.masks) header += little(mask);
  if (header.size() < bmp.header) header.resize(bmp.header, '\0');
  header += bmp.palette;
  const auto offset = static_cast<std::uint32_t>(14 + header.size());
  return "BM" + little(0) + little(0) + little(offset) + header + bmp.data;
}

/// Red, green, blue and alpha of every pixel.
std::vector<std::uint8_t> bmp_decoded(const Bmp& bmp) { return decode_image(bmp_encoded(bmp), "a.bmp").pixels; }

std::string bmp_refused(const std::string& bytes) {
  return message_of<DataError>([&] { decode_image(bytes, "a.bmp"); });
}

const std::string kOs2Palette = "\x01\x02\x03\x11\x12\x13\x21\x22\x23\x31\x32\x33";  // blue, green, red

TEST(Bmp, PalettesOfOs2HaveThreeBytesAColour) {
  const std::string palette = kOs2Palette + std::string(12 * 3, 'x');
  EXPECT_THAT(bmp_decoded({.width = 3,
                           .height = 1,
                           .bits = 4,
                           .data = std::string("\x03\x10\0\0", 4),
                           .palette = palette,
                           .header = 12}),
              ElementsAre(3, 2, 1, 255, 0x33, 0x32, 0x31, 255, 0x13, 0x12, 0x11, 255));
  EXPECT_THAT(bmp_decoded({.width = 2,
                           .height = 1,
                           .bits = 1,
                           .data = std::string("\x40\0\0\0", 4),
                           .palette = kOs2Palette.substr(0, 6),
                           .header = 12}),
              ElementsAre(3, 2, 1, 255, 0x13, 0x12, 0x11, 255));
}

TEST(Bmp, EntriesThatThePaletteLacksAreRefused) {
  Bmp bmp{.width = 2, .height = 1, .bits = 8, .data = std::string("\0\1\0\0", 4), .palette = "abcdefgh", .colours = 2};
  EXPECT_THAT(bmp_decoded(bmp), ElementsAre('c', 'b', 'a', 255, 'g', 'f', 'e', 255));
  bmp.data[1] = 2;
  EXPECT_THAT(bmp_refused(bmp_encoded(bmp)), HasSubstr("palette with 2 colours, found entry 2"));
  bmp.colours = 0;  // as many as lie before the pixels
  EXPECT_THAT(bmp_refused(bmp_encoded(bmp)), HasSubstr("palette with 2 colours, found entry 2"));
}

TEST(Bmp, RowsStandFromTheLowestUpUnlessTheHeightIsNegative) {
  Bmp bmp{.width = 1, .height = 2, .bits = 24, .data = std::string("\1\2\3\0\4\5\6\0", 8)};
  EXPECT_THAT(bmp_decoded(bmp), ElementsAre(6, 5, 4, 255, 3, 2, 1, 255));
  bmp.height = -2;
  EXPECT_THAT(bmp_decoded(bmp), ElementsAre(3, 2, 1, 255, 6, 5, 4, 255));
}

TEST(Bmp, MasksSayWhereColoursAndAlphaLie) {
  const std::string pixel("\x10\x20\x30\x40", 4);
  EXPECT_THAT(bmp_decoded({.width = 1, .height = 1, .bits = 32, .data = pixel}), ElementsAre(0x30, 0x20, 0x10, 255));
  EXPECT_THAT(
      bmp_decoded(
          {.width = 1, .height = 1, .bits = 32, .data = pixel, .compression = 3, .masks = {0xFF, 0xFF00, 0xFF000000}}),
      ElementsAre(0x10, 0x20, 0x40, 255));
  EXPECT_THAT(bmp_decoded({.width = 1,
                           .height = 1,
                           .bits = 32,
                           .data = pixel,
                           .header = 108,
                           .compression = 3,
                           .masks = {0xFF0000, 0xFF00, 0xFF, 0xFF000000}}),
              ElementsAre(0x30, 0x20, 0x10, 0x40));
  const std::string two("\xE0\x7F\x1F\xF8", 4);  // 5, 5 and 5 bits; 5, 6 and 5 bits
  EXPECT_THAT(bmp_decoded({.width = 2, .height = 1, .bits = 16, .data = two}),
              ElementsAre(255, 255, 0, 255, 30 * 255 / 31, 0, 255, 255));
  EXPECT_THAT(
      bmp_decoded({.width = 2, .height = 1, .bits = 16, .data = two, .compression = 3, .masks = {0xF800, 0x7E0, 0x1F}}),
      ElementsAre(15 * 255 / 31, 255, 0, 255, 255, 0, 255, 255));
}

TEST(Bmp, EveryTruncationIsRefused) {
  const std::string whole = bmp_encoded(
      {.width = 3, .height = 2, .bits = 4, .data = std::string(8, '\x11'), .palette = std::string(64, 'a')});
  decode_image(whole, "a.bmp");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(bmp_refused(whole.substr(0, length)), AllOf(HasSubstr("a.bmp: near byte "), HasSubstr("expected")))
        << length;
  }
}

TEST(Bmp, OtherKindsAndDamagedHeadersAreRefused) {
  const std::string row(4, '\0');
  EXPECT_THAT(
      bmp_refused(bmp_encoded({.width = 1, .height = 1, .bits = 8, .data = row, .palette = "abcd", .compression = 1})),
      HasSubstr("without compression, found compression 1"));
  EXPECT_THAT(bmp_refused(bmp_encoded({.width = 1, .height = 1, .bits = 7, .data = row})),
              HasSubstr("32 bits, found 7"));
  EXPECT_THAT(bmp_refused(bmp_encoded({.width = 1, .height = 1, .bits = 24, .data = row, .header = 41})),
              HasSubstr("found 41"));
  EXPECT_THAT(bmp_refused(bmp_encoded({.width = -1, .height = 1, .bits = 24, .data = row})), HasSubstr("found -1 x 1"));
  EXPECT_THAT(
      bmp_refused(bmp_encoded({.width = 60000, .height = 60000, .bits = 1, .data = row, .palette = "abcdefgh"})),
      HasSubstr("found 60000 x 60000"));
  EXPECT_THAT(
      bmp_refused(bmp_encoded(
          {.width = 1, .height = 1, .bits = 32, .data = row, .compression = 3, .masks = {0xF0F, 0xF0, 0xF000}})),
      HasSubstr("masks"));
  std::string inside = bmp_encoded({.width = 1, .height = 1, .bits = 24, .data = row});
  inside[10] = 20;
  EXPECT_THAT(bmp_refused(inside), HasSubstr("pixels that begin in the header"));
}

}  // namespace
}  // namespace cebm
