#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "data/idx_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Highest virtual memory use of this process so far, in bytes: counts what is reserved, touched or not.
std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmPeak:") continue;
    std::int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  ADD_FAILURE() << "no VmPeak in /proc/self/status";
  return 0;
}

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

/// 0, 1, 2, ... modulo 251: no two rows of the files below are alike.
std::string ramp(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

void expect_ramp(const torch::Tensor& images) {
  const torch::Tensor flat = images.contiguous().view({-1});
  for (std::int64_t i = 0; i < flat.numel(); ++i) ASSERT_EQ(flat.data_ptr<std::uint8_t>()[i], i % 251) << "at " << i;
}

class Idx : public FolderTest {
 protected:
  /// The message with which a file of these bytes is refused; it must name the file.
  std::string refused(const std::string& name, std::string_view bytes, int rank) const {
    const auto file = write(name, bytes);
    const std::string message = message_of<DataError>([&] { read_idx(file, rank); });
    EXPECT_THAT(message, HasSubstr(file.string() + ": "));
    return message;
  }
};

TEST_F(Idx, PlainBytesComeBackInShape) {
  const torch::Tensor images = read_idx(write("a", idx_header({3, 4, 5}) + ramp(60)), 3);
  EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_EQ(images.scalar_type(), at::kByte);
  expect_ramp(images);
}

TEST_F(Idx, CompressionIsSeenInTheContentNotTheName) {
  const std::string bytes = idx_header({3, 4, 5}) + ramp(60);
  expect_ramp(read_idx(write("compressed-without-suffix", gz(bytes)), 3));
  expect_ramp(read_idx(write("plain.gz", bytes), 3));
}

TEST_F(Idx, FilesLargerThanTheReadBufferAreWhole) {
  const std::string bytes = idx_header({5, 1000, 1001}) + ramp(5 * 1000 * 1001);
  expect_ramp(read_idx(write("a", bytes), 3));
  expect_ramp(read_idx(write("b", gz(bytes)), 3));
}

TEST_F(Idx, ConcatenatedGzMembersAreOneStream) {
  const std::string bytes = idx_header({100}) + ramp(100);
  const torch::Tensor labels = read_idx(write("a.gz", gz(bytes.substr(0, 5)) + gz(bytes.substr(5))), 1);
  EXPECT_EQ(labels.numel(), 100);
  expect_ramp(labels);
}

TEST_F(Idx, WrongMagicIsShownBesideTheExpectedOne) {
  EXPECT_THAT(refused("png", "\x89PNG\r\n", 3), AllOf(HasSubstr("at byte 0: "),
                                                      HasSubstr("expected the magic number "
                                                                "00 00 08 03"),
                                                      HasSubstr("found 89 50 4e 47: a PNG picture")));
  EXPECT_THAT(refused("page", "<!DOCTYPE html>" + std::string(1000, ' '), 3), HasSubstr("an HTML page"));
  EXPECT_THAT(refused("page.gz", gz("version https://git-lfs.github.com/spec/v1\n"), 3), HasSubstr("Git LFS pointer"));
}

TEST_F(Idx, OtherElementTypesAreRefused) {
  EXPECT_THAT(refused("float", idx_header({1}, 0x0D) + ramp(4), 1), HasSubstr("found 00 00 0d 01"));
}

TEST_F(Idx, OtherRanksAreRefused) {
  EXPECT_THAT(refused("labels", idx_header({4}) + ramp(4), 3),
              AllOf(HasSubstr("rank 3"), HasSubstr("found 00 00 08 01")));
}

TEST_F(Idx, ZeroSizesAreRefusedAtTheirOffset) {
  EXPECT_THAT(refused("zero", idx_header({4, 0, 5}), 3), AllOf(HasSubstr("at byte 8: "), HasSubstr("found 0")));
}

TEST_F(Idx, SizesWhoseProductOverflowsAreRefused) {
  const std::uint32_t most = 0xFFFFFFFF;
  EXPECT_THAT(refused("huge", idx_header({most, most, most}) + ramp(9), 3),
              AllOf(HasSubstr("at byte 8: "), HasSubstr("below 2^63")));
  // The product is 2^64: it would be 0 in 64 bits.
  EXPECT_THAT(refused("wraps", idx_header({1U << 31, 1U << 31, 4}) + ramp(9), 3), HasSubstr("below 2^63"));
}

TEST_F(Idx, EveryTruncationOfAPlainFileIsRefused) {
  const std::string bytes = idx_header({2, 3, 4}) + ramp(24);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    SCOPED_TRACE(length);
    EXPECT_THAT(refused("cut", bytes.substr(0, length), 3), HasSubstr("expected"));
  }
}

TEST_F(Idx, TruncationNamesOffsetExpectedAndFound) {
  const std::string bytes = idx_header({2, 3, 4}) + ramp(24);
  EXPECT_THAT(refused("empty", "", 3), AllOf(HasSubstr("at byte 0: "), HasSubstr("found an empty file")));
  EXPECT_THAT(refused("header", bytes.substr(0, 10), 3), AllOf(HasSubstr("at byte 8: "), HasSubstr("found 2")));
  EXPECT_THAT(refused("data", bytes.substr(0, 39), 3),
              AllOf(HasSubstr("at byte 39: "), HasSubstr("expected 24 bytes"), HasSubstr("found 23")));
}

TEST_F(Idx, EveryTruncationOfAGzFileIsRefused) {
  const std::string bytes = gz(idx_header({2, 3, 4}) + ramp(24));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    SCOPED_TRACE(length);
    EXPECT_THAT(refused("cut.gz", bytes.substr(0, length), 3), HasSubstr("expected"));
  }
}

TEST_F(Idx, WholeGzOfTooFewBytesNamesTheDecompressedOffset) {
  EXPECT_THAT(refused("short.gz", gz(idx_header({9}) + ramp(5)), 1),
              AllOf(HasSubstr("at byte 13 of the decompressed data"), HasSubstr("found 5")));
}

TEST_F(Idx, EveryDamagedByteOfGzDataIsRefused) {
  const std::string intact = gz(idx_header({2, 3, 4}) + ramp(24));
  constexpr std::size_t header = 10;  // flags and times in it change nothing; the lowest bit is never padding
  for (std::size_t i = header; i < intact.size(); ++i) {
    SCOPED_TRACE(i);
    std::string damaged = intact;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_THAT(refused("damaged.gz", damaged, 3), HasSubstr("expected"));
  }
}

TEST_F(Idx, WrongChecksumIsNamedAsBrokenGz) {
  std::string bytes = gz(idx_header({24}) + ramp(24));
  bytes[bytes.size() - 8] = static_cast<char>(bytes[bytes.size() - 8] ^ 1);
  EXPECT_THAT(refused("crc.gz", bytes, 1), AllOf(HasSubstr("broken gz"), HasSubstr("incorrect data check")));
}

TEST_F(Idx, SurplusBytesAreRefused) {
  const std::string bytes = idx_header({24}) + ramp(25);
  EXPECT_THAT(refused("plain", bytes, 1), AllOf(HasSubstr("at byte 32: "), HasSubstr("found more")));
  EXPECT_THAT(refused("compressed", gz(bytes), 1), HasSubstr("found more"));
}

TEST_F(Idx, AnnouncedSizesReserveNoMemoryBeforeTheBytesArrive) {
  const std::string bytes = idx_header({1U << 20, 64, 64}) + ramp(1000);  // announces 4 GiB
  const auto plain = write("plain", bytes);
  const auto compressed = write("compressed", gz(bytes));
  const std::int64_t before = peak_memory();
  EXPECT_THROW(read_idx(plain, 3), DataError);
  EXPECT_THROW(read_idx(compressed, 3), DataError);
  EXPECT_LT(peak_memory() - before, 128 * kMiB);
}

TEST_F(Idx, DecompressionStopsWhenMoreComesThanAnnounced) {
  const std::string mebibyte = gz(std::string(kMiB, '\0'));
  std::string bomb = gz(idx_header({1000}));
  for (int i = 0; i < 4096; ++i) bomb += mebibyte;  // 4 GiB of zeros
  const auto file = write("bomb.gz", bomb);
  const std::int64_t before = peak_memory();
  EXPECT_THAT(message_of<DataError>([&] { read_idx(file, 1); }), HasSubstr("found more"));
  EXPECT_LT(peak_memory() - before, 128 * kMiB);
}

TEST_F(Idx, MissingFilesAndFoldersAreNamed) {
  const auto missing = folder_ / "missing";
  EXPECT_THAT(message_of<DataError>([&] { read_idx(missing, 1); }),
              AllOf(HasSubstr(missing.string()), HasSubstr("No such file")));
  EXPECT_THAT(message_of<DataError>([&] { read_idx(folder_, 1); }), HasSubstr("found a directory"));
}

TEST_F(Idx, UnreadableFilesAreNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  const auto file = write("secret", idx_header({1}) + ramp(1));
  std::filesystem::permissions(file, std::filesystem::perms::none);
  EXPECT_THAT(message_of<DataError>([&] { read_idx(file, 1); }),
              AllOf(HasSubstr(file.string()), HasSubstr("Permission denied")));
}

}  // namespace
}  // namespace cebm
