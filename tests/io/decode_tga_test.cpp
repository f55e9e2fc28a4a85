#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "io/decode_image.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

struct Tga {
  char type = 2;
  char width = 1;
  char height = 1;
  char bits = 24;
  char descriptor = 0;
  std::string data = {};
  std::string palette = {};  ///< blue, green, red
  char first = 0;
};

std::string tga_encoded(const Tga& tga) {
  std::string header(18, '\0');
  header[0] = 2;  // bytes of text behind the header
  header[1] = static_cast<char>(tga.palette.empty() ? 0 : 1);
  header[2] = tga.type;
  header[3] = tga.first;
  header[5] = static_cast<char>(tga.palette.size() / 3);
  header[7] = static_cast<char>(tga.palette.empty() ? 0 : 24);
  header[12] = tga.width;
  header[14] = tga.height;
  header[16] = tga.bits;
  header[17] = tga.descriptor;
  return header + "id" + tga.palette + tga.data;
}

/// Red, green, blue and alpha of every pixel.
std::vector<std::uint8_t> tga_decoded(const Tga& tga) { return decode_image(tga_encoded(tga), "a.tga").pixels; }

/// The red of every pixel.
std::vector<int> reds(const Tga& tga) {
  std::vector<int> values;
  const auto pixels = tga_decoded(tga);
  for (std::size_t i = 0; i < pixels.size(); i += 4) values.push_back(pixels[i]);
  return values;
}

std::string tga_refused(const std::string& bytes) {
  return message_of<DataError>([&] { decode_image(bytes, "a.tga"); });
}

TEST(TgaDecoder, PixelsRunFromTheCornerThatTheHeaderNames) {
  Tga tga{.type = 3, .width = 2, .height = 2, .bits = 8, .data = "\1\2\3\4"};
  EXPECT_THAT(reds(tga), ElementsAre(3, 4, 1, 2));
  tga.descriptor = 0x10;
  EXPECT_THAT(reds(tga), ElementsAre(4, 3, 2, 1));
  tga.descriptor = 0x20;
  EXPECT_THAT(reds(tga), ElementsAre(1, 2, 3, 4));
  tga.descriptor = 0x30;
  EXPECT_THAT(reds(tga), ElementsAre(2, 1, 4, 3));
}

TEST(TgaDecoder, EveryDepthHasItsColours) {
  EXPECT_THAT(tga_decoded({.bits = 16, .data = "\xE0\x7F"}), ElementsAre(255, 255, 0, 255));
  EXPECT_THAT(tga_decoded({.bits = 24, .data = "\1\2\3"}), ElementsAre(3, 2, 1, 255));
  EXPECT_THAT(tga_decoded({.bits = 32, .data = "\1\2\3\4"}), ElementsAre(3, 2, 1, 4));
  EXPECT_THAT(tga_decoded({.type = 3, .bits = 16, .data = "\5\6"}), ElementsAre(5, 5, 5, 6));
}

TEST(TgaDecoder, PalettesMayBeginAtAnyEntry) {
  Tga tga{.type = 1, .width = 2, .bits = 8, .data = "\x0B\x0A", .palette = "\1\2\3\4\5\6", .first = 10};
  EXPECT_THAT(tga_decoded(tga), ElementsAre(6, 5, 4, 255, 3, 2, 1, 255));
  tga.data = "\x0B\x0C";
  EXPECT_THAT(tga_refused(tga_encoded(tga)), HasSubstr("2 colours from 10 on, found entry 12"));
  tga.data = "\x09\x0A";
  EXPECT_THAT(tga_refused(tga_encoded(tga)), HasSubstr("found entry 9"));
}

TEST(TgaDecoder, PacketsMayCrossRowsButNotTheEnd) {
  Tga tga{.type = 11, .width = 3, .height = 2, .bits = 8, .descriptor = 0x20, .data = "\x83\7\1\x08\x09"};
  EXPECT_THAT(reds(tga), ElementsAre(7, 7, 7, 7, 8, 9));
  tga.data = "\x83\7\x82\x08";
  EXPECT_THAT(tga_refused(tga_encoded(tga)), HasSubstr("more pixels than there are"));
}

TEST(TgaDecoder, EveryTruncationIsRefused) {
  for (const Tga& tga :
       {Tga{.width = 2, .height = 2, .data = "abcdefghijkl"},
        Tga{.type = 9, .width = 4, .bits = 8, .data = std::string("\x81\0\1\1\0", 5), .palette = "abcdef"},
        Tga{.type = 10,
        .width = 2,
        .height = 2,
        .bits = 32,
        .data = "\x83"
                "abcd"}}) {
    const std::string whole = tga_encoded(tga);
    decode_image(whole, "a.tga");
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_THAT(tga_refused(whole.substr(0, length)), AllOf(HasSubstr("a.tga: near byte "), HasSubstr("expected")));
    }
  }
}

}  // namespace
}  // namespace cebm
