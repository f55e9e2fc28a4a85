#include "data/picture.h"

#include "data/encoded_pictures.h"
#include "data/loading.h"
#include "support/gif_files.h"
#include "support/png_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Decoding : public PictureTest {
 protected:
  std::string refused(const std::string& name, const std::string& bytes) const {
    const auto file = write(name, bytes);
    const std::string message = message_of<DataError>([&] { decode_picture(file, 3); });
    EXPECT_THAT(message, HasSubstr(file.string() + ": "));
    return message;
  }
  Picture decoded(const std::string& bytes, std::int64_t channels) const {
    return decode_picture(write("picture", bytes), channels);
  }
};

TEST_F(Decoding, LosslessFormatsGiveTheirExactBytes) {
  const Picture picture = test_picture(21, 13, 1);
  for (const std::string& bytes : {encode_png(picture), encode_bmp(picture), encode_tga(picture)}) {
    const Picture read = decoded(bytes, 3);
    EXPECT_EQ(read.width, 21);
    EXPECT_EQ(read.height, 13);
    EXPECT_EQ(read.pixels, picture.pixels);
  }
}

Picture colour_wedge() {
  Picture picture{.width = 64, .height = 48, .channels = 3, .pixels = {}};
  for (int row = 0; row < 48; ++row) {
    for (int column = 0; column < 64; ++column) {
      for (const int value : {row * 5, column * 3, 100}) picture.pixels.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return picture;
}

void expect_close(const Picture& read, const Picture& picture) {
  ASSERT_EQ(read.pixels.size(), picture.pixels.size());
  for (std::size_t i = 0; i < read.pixels.size(); ++i) EXPECT_NEAR(read.pixels[i], picture.pixels[i], 12) << i;
}

TEST_F(Decoding, JpegIsCloseToWhatWasEncoded) {
  const Picture colour = colour_wedge();
  expect_close(decoded(encode_jpeg(colour), 3), colour);
  expect_close(decoded(encode_jpeg(colour, {.progressive = true}), 3), colour);
  const Picture grey = test_picture(21, 13, 1);
  expect_close(decoded(encode_jpeg(grey), 1), Picture{21, 13, 1, decoded(encode_png(grey), 1).pixels});
}

/// One colour in every pixel of 16 x 16, so that a JPEG loses little of it.
Picture uniform_picture(const std::vector<std::uint8_t>& colour) {
  Picture picture{.width = 16, .height = 16, .channels = static_cast<std::int64_t>(colour.size()), .pixels = {}};
  for (int i = 0; i < 256; ++i) picture.pixels.insert(picture.pixels.end(), colour.begin(), colour.end());
  return picture;
}

void expect_first_pixel(const std::vector<std::uint8_t>& pixels, int red, int green, int blue) {
  EXPECT_NEAR(pixels.at(0), red, 3);
  EXPECT_NEAR(pixels.at(1), green, 3);
  EXPECT_NEAR(pixels.at(2), blue, 3);
}

TEST_F(Decoding, InksOfAJpegLetLightThroughOneAfterAnotherWhateverItsMarker) {
  const Picture light = uniform_picture({200, 100, 40, 128});  // that passes cyan, magenta, yellow and black
  const std::string marked = encode_jpeg(light, {.adobe_marker = true});
  const std::string plain = encode_jpeg(light);
  EXPECT_NE(marked.size(), plain.size());
  expect_first_pixel(decoded(marked, 3).pixels, 100, 50, 20);
  EXPECT_EQ(decoded(plain, 3).pixels, decoded(marked, 3).pixels);
}

TEST_F(Decoding, AdobesMarkerSaysWhetherInksAreLumaAndChroma) {
  const Picture light = uniform_picture({200, 100, 40, 128});
  std::string bytes = encode_jpeg(light, {.adobe_marker = true, .ycck = true});
  const std::size_t transform = bytes.find("Adobe") + 11;
  ASSERT_EQ(bytes[transform], 2);
  expect_first_pixel(decoded(bytes, 3).pixels, 100, 50, 20);
  bytes[transform] = 1;  // not defined for inks; taken for 2, as libjpeg does
  expect_first_pixel(decoded(bytes, 3).pixels, 100, 50, 20);
  bytes[transform] = 0;
  EXPECT_GT(decoded(bytes, 3).pixels.at(1), 70) << "chroma taken for ink";
}

TEST_F(Decoding, ColoursOfAJpegAreFoundByMarkerOrByTheirNames) {
  const Picture colour = uniform_picture({200, 100, 40});
  expect_first_pixel(decoded(encode_jpeg(colour, {.as_given = true}), 3).pixels, 200, 100, 40);  // 'R', 'G', 'B'
  std::string marked = encode_jpeg(colour, {.adobe_marker = true, .as_given = true});
  expect_first_pixel(decoded(marked, 3).pixels, 200, 100, 40);
  std::string luma = encode_jpeg(colour, {.adobe_marker = true});
  luma.erase(2, 18);  // the JFIF marker, which says YCbCr too
  const std::size_t transform = luma.find("Adobe") + 11;
  for (const char value : {'\1', '\2'}) {
    luma[transform] = value;
    expect_first_pixel(decoded(luma, 3).pixels, 200, 100, 40);
  }
}

TEST_F(Decoding, WhatAGifLeavesUndrawnIsBlack) {
  const GifFrame frame{.left = 1, .width = 1, .pixels = {1}};
  const std::string palette("\1\2\3\x0A\xC8\x1E\7\7\7\0\0\0", 12);
  EXPECT_THAT(decoded(gif_file(3, 1, palette, {frame}), 3).pixels, ElementsAre(0, 0, 0, 10, 200, 30, 0, 0, 0));
}

TEST_F(Decoding, ColoursBecomeGreyAndGreyBecomesColour) {
  const Picture colour{.width = 2, .height = 1, .channels = 3, .pixels = {100, 50, 200, 255, 255, 255}};
  EXPECT_THAT(decoded(encode_png(colour), 1).pixels, ElementsAre(82, 255));  // 29.9 + 29.35 + 22.8 = 82.05
  const Picture grey{.width = 2, .height = 1, .channels = 1, .pixels = {7, 250}};
  EXPECT_THAT(decoded(encode_png(grey), 3).pixels, ElementsAre(7, 7, 7, 250, 250, 250));
  EXPECT_THAT(decoded(encode_png(grey), 1).pixels, ElementsAre(7, 250));
}

TEST_F(Decoding, TransparencyIsComposedOntoBlack) {
  const std::string rows("\0\xC8\x64\0\0\xC8\x64\0\x80\xC8\x64\0\xFF", 13);
  EXPECT_THAT(decoded(raw_png(3, 1, 8, 6, rows), 3).pixels, ElementsAre(0, 0, 0, 100, 50, 0, 200, 100, 0));
  const std::string grey_rows("\0\xC8\x80", 3);
  EXPECT_THAT(decoded(raw_png(1, 1, 8, 4, grey_rows), 1).pixels, ElementsAre(100));
}

TEST_F(Decoding, SixteenBitsKeepTheirUpperEight) {
  const std::string rows("\0\x12\x34\xFE\xDC", 5);
  EXPECT_THAT(decoded(raw_png(2, 1, 16, 0, rows), 1).pixels, ElementsAre(0x12, 0xFE));
}

TEST_F(Decoding, AnEmptyDataChunkCountsForNothing) {
  const std::string empty = chunk("IDAT", "");
  const std::string rows = data_chunk(std::string("\0\x07\xFA", 3));
  EXPECT_THAT(decoded(png_with(2, 1, 8, 0, empty + rows), 1).pixels, ElementsAre(7, 250));
  EXPECT_THAT(refused("none.png", png_with(2, 1, 8, 0, empty)), HasSubstr("found damage"));
}

TEST_F(Decoding, AChunkLongerThanItsFileTakesNoMemory) {
  const std::string whole = png_with(2, 1, 8, 0, data_chunk(std::string("\0\x07\xFA", 3)));
  std::string bytes = whole;
  bytes[bytes.find("IDAT") - 4] = '\x60';  // 1.5 GiB
  EXPECT_THAT(refused("long.png", bytes), HasSubstr("found the end of the file"));
  EXPECT_THAT(decoded(whole + "more", 1).pixels, ElementsAre(7, 250));
}

TEST_F(Decoding, OtherFilesAreRefused) {
  EXPECT_THAT(refused("empty.png", ""), HasSubstr("found an empty file"));
  EXPECT_THAT(refused("text.jpg", "this is no picture at all, only a line of text"),
              AllOf(HasSubstr("expected a JPEG, PNG, BMP, TGA or GIF picture"), HasSubstr("found text that begins")));
  EXPECT_THAT(refused("webp.jpg", std::string("RIFF\x24\0\0\0WEBPVP8 ", 16)), HasSubstr("found a WebP picture"));
  EXPECT_THAT(message_of<DataError>([this] { decode_picture(folder_ / "absent.png", 3); }), HasSubstr("absent.png"));
}

TEST_F(Decoding, EveryTruncationIsRefused) {
  const Picture picture = test_picture(21, 13, 1);
  for (const std::string& bytes :
       {encode_png(picture), encode_jpeg(picture), encode_jpeg(picture, {.progressive = true}), encode_bmp(picture),
        encode_tga(picture)}) {
    for (std::size_t length = 0; length < bytes.size() - 1; ++length) {
      SCOPED_TRACE(length);
      EXPECT_THAT(refused("cut", bytes.substr(0, length)), AllOf(HasSubstr("byte"), HasSubstr("expected")));
    }
  }
}

TEST_F(Decoding, SegmentsThatOnlyLookLikeTablesAreNone) {
  const std::string jpeg = encode_jpeg(test_picture(21, 13, 1));
  const std::string comment = "\xFF\xFE" + std::string("\0\x17", 2) + "\xFF\xC4" + std::string(19, '\xFF');
  EXPECT_EQ(decoded(jpeg.substr(0, 2) + comment + jpeg.substr(2), 1).pixels, decoded(jpeg, 1).pixels);
}

/// Offset and length of the JPEG's first segment of one kind, its marker included.
std::pair<std::size_t, std::size_t> find_segment(const std::string& jpeg, char marker) {
  std::size_t at = 2;
  while (true) {
    const std::size_t length =
        2 + static_cast<std::uint8_t>(jpeg.at(at + 2)) * 256U + static_cast<std::uint8_t>(jpeg.at(at + 3));
    if (jpeg[at + 1] == marker) return {at, length};
    at += length;
  }
}

TEST_F(Decoding, AJpegWithoutItsQuantizationTableIsRefused) {
  std::string jpeg = encode_jpeg(test_picture(21, 13, 1));
  const auto [at, length] = find_segment(jpeg, '\xDB');
  EXPECT_THAT(refused("lacking.jpg", jpeg.erase(at, length)), HasSubstr("Quantization table"));
}

TEST_F(Decoding, DamagedDataOfAJpegAreRefusedAtTheirPlace) {
  std::string jpeg = encode_jpeg(test_picture(210, 130, 1));
  const auto [scan, length] = find_segment(jpeg, '\xDA');
  jpeg.replace(scan + length + 10, 2, "\xFF\xD9");
  EXPECT_THAT(refused("ends.jpg", jpeg), AllOf(HasSubstr("expected an intact JPEG"), HasSubstr("premature end")));
}

TEST_F(Decoding, BytesBetweenTheSegmentsOfAJpegAreSkipped) {
  const std::string jpeg = encode_jpeg(test_picture(21, 13, 1));
  EXPECT_EQ(decoded(jpeg.substr(0, 2) + "padding" + jpeg.substr(2), 1).pixels, decoded(jpeg, 1).pixels);
}

TEST_F(Decoding, AJpegOfMoreScansThanEncodersWriteIsRefused) {
  // The first scan of one component's constant terms in full precision may come again and again.
  const std::string jpeg = encode_jpeg(test_picture(21, 13, 1), {.progressive = true});
  const auto [at, length] = find_segment(jpeg, '\xDA');
  std::string scan = jpeg.substr(at, jpeg.find('\xFF', at + length) - at);
  scan[length - 1] = '\0';  // no bits left for later
  const auto with = [&](int count) {
    std::string bytes = jpeg.substr(0, at);
    for (int i = 0; i < count; ++i) bytes += scan;
    return bytes + "\xFF\xD9";
  };
  decoded(with(100), 1);
  EXPECT_THAT(refused("scans.jpg", with(101)), HasSubstr("more than 100 scans"));
}

TEST_F(Decoding, BombsAreRefusedBeforeMemoryIsTaken) {
  const std::string tiny(1, '\0');
  EXPECT_THAT(refused("wide.png", raw_png(16000, 16000, 8, 0, tiny)), HasSubstr("found 16000 x 16000"));
  EXPECT_THAT(refused("dense.png", raw_png(9000, 9000, 8, 0, tiny)), HasSubstr("for each byte of the file"));
  std::string jpeg = encode_jpeg(test_picture(21, 13, 1));
  const std::size_t size = find_segment(jpeg, '\xC0').first + 5;
  EXPECT_THAT(refused("wide.jpg", jpeg.replace(size, 4, "\x20\x01\x20\x01")), HasSubstr("found 8193 x 8193"));
}

Picture grey_row(std::vector<std::uint8_t> pixels) {
  const auto width = static_cast<std::int64_t>(pixels.size());
  return {.width = width, .height = 1, .channels = 1, .pixels = std::move(pixels)};
}

std::vector<std::uint8_t> resampled(Picture picture, std::int64_t height, std::int64_t width, Fit fit) {
  const torch::Tensor pixels =
      at::from_blob(picture.pixels.data(), {1, picture.height, picture.width, picture.channels}, at::kByte);
  const torch::Tensor out =
      resample(pixels.permute({0, 3, 1, 2}), height, width, fit).permute({0, 2, 3, 1}).contiguous();
  return {out.const_data_ptr<std::uint8_t>(), out.const_data_ptr<std::uint8_t>() + out.numel()};
}

TEST(Resample, SameSizeIsTheSamePicture) {
  const Picture picture = test_picture(21, 13, 1);
  EXPECT_EQ(resampled(picture, 13, 21, Fit::stretch), picture.pixels);
  EXPECT_EQ(resampled(picture, 13, 21, Fit::crop), picture.pixels);
}

TEST(Resample, HalvingWeighsByTheTriangle) {
  // Scale 2: weights 1/8, 3/8, 3/8, 1/8 around each centre; at the edge, 3/7, 3/7, 1/7 of what is there.
  EXPECT_THAT(resampled(grey_row({0, 0, 0, 240, 0, 0, 0, 0}), 1, 4, Fit::stretch), ElementsAre(0, 90, 30, 0));
  EXPECT_THAT(resampled(grey_row({70, 0, 0, 0}), 1, 2, Fit::stretch), ElementsAre(30, 0));
}

TEST(Resample, EnlargingInterpolatesLinearly) {
  EXPECT_THAT(resampled(grey_row({0, 80}), 1, 4, Fit::stretch), ElementsAre(0, 20, 60, 80));
}

TEST(Resample, FineStripesBecomeTheirMean) {
  Picture stripes{.width = 256, .height = 256, .channels = 1, .pixels = {}};
  for (int i = 0; i < 256 * 256; ++i) stripes.pixels.push_back(i % 2 == 0 ? 0 : 200);
  const auto out = resampled(stripes, 32, 32, Fit::stretch);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool edge = i % 32 == 0 || i % 32 == 31;  // there the triangle is cut off
    EXPECT_NEAR(out[i], 100, edge ? 5 : 1) << i;
  }
}

TEST(Resample, CropKeepsTheCentreAndStretchKeepsAll) {
  // Left third 0, middle third 100, right third 200.
  Picture picture{.width = 96, .height = 32, .channels = 1, .pixels = {}};
  for (int i = 0; i < 96 * 32; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i % 96 / 32 * 100));
  for (const auto value : resampled(picture, 32, 32, Fit::crop)) EXPECT_EQ(value, 100);
  const auto all = resampled(picture, 32, 32, Fit::stretch);
  EXPECT_EQ(all[5], 0);
  EXPECT_EQ(all[16], 100);
  EXPECT_EQ(all[27], 200);
}

TEST(Resample, ThinPicturesKeepAtLeastOnePixel) {
  const Picture column{.width = 1, .height = 1000, .channels = 1, .pixels = std::vector<std::uint8_t>(1000, 9)};
  EXPECT_EQ(resampled(column, 2, 3000, Fit::crop), std::vector<std::uint8_t>(6000, 9));
}

TEST(Resample, OneConstantColourStaysAsItIs) {
  Picture picture{.width = 37, .height = 101, .channels = 3, .pixels = {}};
  for (int i = 0; i < 37 * 101; ++i) picture.pixels.insert(picture.pixels.end(), {255, 1, 128});
  const auto out = resampled(picture, 28, 20, Fit::crop);
  for (std::size_t i = 0; i < out.size(); i += 3)
    EXPECT_THAT(std::vector(&out[i], &out[i] + 3), ElementsAre(255, 1, 128));
}

}  // namespace
}  // namespace cebm
