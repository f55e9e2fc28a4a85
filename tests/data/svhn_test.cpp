#include "data/loading.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Svhn : public SetTest {
 protected:
  std::filesystem::path test_file() const { return folder_ / "svhn/test_32x32.mat"; }
  std::string refused_test() const { return refused("svhn", test_file(), "{}", "test"); }
};

TEST_F(Svhn, TrainingSplitIsTrainThenExtra) {
  write_svhn(folder_ / "svhn", {.train = 12, .test = 3}, 5, 7);
  const auto set = load("svhn");
  EXPECT_EQ(set->image_shape(), (ImageShape{3, 32, 32}));
  EXPECT_TRUE(set->images.is_contiguous(at::MemoryFormat::ChannelsLast));
  ASSERT_EQ(set->size(), 19);
  for (std::uint32_t i = 0; i < 12; ++i) expect_image(set->images, i, 5, i);
  for (std::uint32_t i = 0; i < 7; ++i) expect_image(set->images, 12 + i, 7, i);
  EXPECT_EQ(set->files.size(), 2U);
}

TEST_F(Svhn, LabelTenIsTheDigitZero) {
  write_svhn(folder_ / "svhn", {.train = 12, .test = 3}, 5, 7);
  const auto set = load("svhn");
  for (std::int64_t i = 0; i < 19; ++i) {
    EXPECT_EQ(set->labels[i].item<std::int64_t>(), (i < 12 ? i : i - 12) % 10) << i;
  }
  EXPECT_EQ(set->classes[0], "0");
}

TEST_F(Svhn, ExtraCanBeLeftOutOrReadAlone) {
  write_svhn(folder_ / "svhn", {.train = 12, .test = 3}, 5, 7);
  EXPECT_EQ(load("svhn", "extra: false")->size(), 12);
  EXPECT_EQ(load("svhn", "{}", "extra")->size(), 7);
  EXPECT_EQ(load("svhn", "{}", "test")->size(), 3);
  std::filesystem::remove(folder_ / "svhn/extra_32x32.mat");
  EXPECT_EQ(load("svhn", "extra: false")->size(), 12);
  EXPECT_THAT(message_of<DataError>([this] { load("svhn"); }),
              AllOf(HasSubstr("without extra_32x32.mat"), HasSubstr("extra: false")));
  EXPECT_THROW(load("svhn", "{}", "valid"), ConfigError);
}

TEST_F(Svhn, LimitKeepsTheFirstImagesAcrossFiles) {
  write_svhn(folder_ / "svhn", {.train = 12, .test = 3}, 5, 7);
  const auto set = load("svhn", "limit: 14");
  ASSERT_EQ(set->size(), 14);
  expect_image(set->images, 13, 7, 1);
  EXPECT_EQ(load("svhn", "limit: 5")->size(), 5);
}

TEST_F(Svhn, PlainAndCompressedFilesGiveTheSameImages) {
  write_bytes(test_file(), svhn_file(1100, 2, false));  // more than two blocks
  const auto plain = load("svhn", "{}", "test");
  write_bytes(test_file(), svhn_file(1100, 2, true));
  const auto compressed = load("svhn", "{}", "test");
  EXPECT_TRUE(plain->images.equal(compressed->images));
  EXPECT_TRUE(plain->labels.equal(compressed->labels));
  expect_image(plain->images, 1099, 2, 1099);
}

TEST_F(Svhn, ProgressReachesTheNumberOfImages) {
  write_svhn(folder_ / "svhn", {.train = 600, .test = 3}, 5, 7);
  std::vector<std::uint64_t> seen;
  const auto set = load_set("svhn", "{}", {.root = folder_, .progress = [&](std::uint64_t done, std::uint64_t total) {
                                             EXPECT_EQ(total, 607U);
                                             seen.push_back(done);
                                           }});
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{512, 600, 607}));
}

TEST_F(Svhn, AFileOfOneImageMayHaveThreeSizes) {
  write_bytes(test_file(), mat_header() + mat_array("X", {32, 32, 3}, svhn_pixels(1, 2)) +
                               mat_array("y", {1, 1}, std::string(1, '\3')));
  const auto set = load("svhn", "{}", "test");
  ASSERT_EQ(set->size(), 1);
  EXPECT_EQ(set->labels[0].item<std::int64_t>(), 3);
  expect_image(set->images, 0, 2, 0);
}

TEST_F(Svhn, VariablesMayComeInAnyOrderWithOthers) {
  write_bytes(test_file(), mat_header() + mat_compressed(mat_array("y", {2, 1}, "\1\2")) +
                               mat_array("note", {1, 2}, "ok") + mat_array("X", {32, 32, 3, 2}, svhn_pixels(2, 2)));
  const auto set = load("svhn", "{}", "test");
  ASSERT_EQ(set->size(), 2);
  expect_image(set->images, 1, 2, 1);
}

TEST_F(Svhn, LabelsMayBeStoredAsDoubles) {
  const std::vector<double> labels = {10, 9};
  const std::string bytes(reinterpret_cast<const char*>(labels.data()), 16);
  write_bytes(test_file(), mat_header() + mat_array("X", {32, 32, 3, 2}, svhn_pixels(2, 2)) +
                               mat_array("y", {2, 1}, bytes, Mat::double_class, Mat::float64));
  EXPECT_TRUE(load("svhn", "{}", "test")->labels.equal(at::tensor({0, 9}, at::kLong)));
}

TEST_F(Svhn, WrongVariablesAreRefusedWithThoseFound) {
  const std::string images = mat_array("images", {32, 32, 3, 2}, svhn_pixels(2, 2));
  const std::string bytes = mat_header() + images + mat_array("y", {2, 1}, "\1\2");
  write_bytes(test_file(), bytes);
  EXPECT_THAT(refused_test(), AllOf(HasSubstr("at byte " + std::to_string(bytes.size())),
                                    HasSubstr("expected a variable 'X'"), HasSubstr("only 'images', 'y'")));
  write_bytes(test_file(), mat_header() + mat_array("X", {32, 32, 3, 2}, svhn_pixels(2, 2)));
  EXPECT_THAT(refused_test(), HasSubstr("expected a variable 'y'"));
}

TEST_F(Svhn, OtherSizesAndTypesAreRefused) {
  const std::string y = mat_array("y", {2, 1}, "\1\2");
  write_bytes(test_file(), mat_header() + mat_array("X", {2, 32, 32, 3}, svhn_pixels(2, 2)) + y);
  EXPECT_THAT(refused_test(), AllOf(HasSubstr("at byte 128: "), HasSubstr("found 2 x 32 x 32 x 3")));
  write_bytes(test_file(), mat_header() + mat_array("X", {32, 32, 3, 0}, "") + y);
  EXPECT_THAT(refused_test(), HasSubstr("found 32 x 32 x 3 x 0"));
  write_bytes(test_file(), mat_header() + mat_array("X", {32, 32, 3, 2}, svhn_pixels(2, 2), Mat::double_class) + y);
  EXPECT_THAT(refused_test(), AllOf(HasSubstr("uint8"), HasSubstr("class 6")));
  write_bytes(test_file(), mat_header() + mat_array("X", {32, 32, 3, 2}, svhn_pixels(2, 2), Mat::char_class) + y);
  EXPECT_THAT(refused_test(), HasSubstr("class 4"));
}

TEST_F(Svhn, LabelsThatDoNotFitAreRefused) {
  const std::string x = mat_array("X", {32, 32, 3, 3}, svhn_pixels(3, 2));
  write_bytes(test_file(), mat_header() + x + mat_array("y", {2, 1}, "\1\2"));
  EXPECT_THAT(refused_test(), AllOf(HasSubstr("expected 3 labels"), HasSubstr("found 2 x 1")));
  for (const char wrong : {'\0', '\13'}) {
    const std::string labels = {1, 2, wrong};
    write_bytes(test_file(), mat_header() + x + mat_array("y", {3, 1}, labels));
    EXPECT_THAT(refused_test(), AllOf(HasSubstr("at byte " + std::to_string(128 + x.size())), HasSubstr("1 .. 10"),
                                      HasSubstr("as label 3")));
  }
}

TEST_F(Svhn, EveryTruncationIsRefused) {
  for (const bool compressed : {false, true}) {
    const std::string whole = svhn_file(2, 2, compressed);
    for (std::size_t length = 0; length < whole.size(); length += length < 300 ? 1 : 97) {
      SCOPED_TRACE(length);
      write_bytes(test_file(), whole.substr(0, length));
      EXPECT_THAT(refused_test(), AllOf(HasSubstr("at byte "), HasSubstr("expected")));
    }
  }
}

TEST_F(Svhn, DamagedCompressedDataAreRefused) {
  const std::string intact = svhn_file(2, 2, true);
  for (std::size_t i = 128; i < intact.size(); i += i < 200 ? 1 : 13) {
    std::string bytes = intact;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    write_bytes(test_file(), bytes);
    SCOPED_TRACE(i);
    EXPECT_THAT(refused_test(), HasSubstr("at byte "));
  }
}

/// Largest resident set of this process since the last reset, in bytes.
std::int64_t peak_resident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    std::int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return -1;
}

TEST_F(Svhn, ReadingTakesLittleMoreMemoryThanTheImages) {
  constexpr std::uint32_t count = 20000;
  write_svhn(folder_ / "svhn", {.train = count, .test = 1}, 5, count);
  std::ofstream reset("/proc/self/clear_refs");
  if (!(reset << "5" << std::flush)) GTEST_SKIP() << "the peak of this process cannot be reset";
  const std::int64_t before = peak_resident();
  const auto set = load("svhn");
  ASSERT_EQ(set->size(), 2 * count);
  // 122.9 MB of images and labels; blocks and buffers do not grow with them.
  EXPECT_LT(peak_resident() - before, set->images.numel() + 16 * 1024 * 1024);
}

}  // namespace
}  // namespace cebm
