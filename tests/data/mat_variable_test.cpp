#include "data/mat_variable.h"

#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "data/mat_integers.h"
#include "support/folder_test.h"
#include "support/mat_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class MatFile : public FolderTest {
 protected:
  std::string refused(const std::string& bytes) const {
    const auto file = write("a.mat", bytes);
    const std::string message = message_of<DataError>([&] {
      MatVariable variable(file, "a");
      variable.open_bytes();
      std::vector<std::uint8_t> data(static_cast<std::size_t>(std::min<std::int64_t>(variable.numel(), 1 << 20)));
      variable.read_bytes(data.data(), static_cast<std::int64_t>(data.size()));
      variable.finish_bytes();
    });
    EXPECT_THAT(message, HasSubstr(file.string() + ": at byte "));
    return message;
  }
};

TEST_F(MatFile, BytesComeInPiecesFromPlainAndCompressedArrays) {
  const std::string array = mat_array("a", {5, 3}, "abcdefghijklmno");
  for (const bool compressed : {false, true}) {
    const auto file = write(
        "a.mat", mat_header() + mat_array("other", {2, 4}, "12345678") + (compressed ? mat_compressed(array) : array));
    MatVariable variable(file, "a");
    EXPECT_THAT(variable.sizes(), ElementsAre(5, 3));
    variable.open_bytes();
    std::string data(15, '\0');
    auto* const out = reinterpret_cast<std::uint8_t*>(data.data());
    variable.read_bytes(out, 4);
    variable.read_bytes(out + 4, 11);
    variable.finish_bytes();
    EXPECT_EQ(data, "abcdefghijklmno");
  }
}

TEST_F(MatFile, OtherFormatsAreRefusedByName) {
  EXPECT_THAT(refused(""), HasSubstr("at byte 0: expected the 128 bytes"));
  EXPECT_THAT(refused(std::string(200, 'x')), AllOf(HasSubstr("at byte 124: "), HasSubstr("IM")));
  std::string hdf = mat_header();
  hdf.replace(0, 19, "MATLAB 7.3 MAT-file");
  EXPECT_THAT(refused(hdf), HasSubstr("MATLAB 7.3 (HDF5)"));
  EXPECT_THAT(refused("\x89HDF\r\n\x1A\n" + std::string(200, 'x')), HasSubstr("found an HDF5 file"));
  EXPECT_THAT(refused("version https://git-lfs.github.com/spec/v1\n"), HasSubstr("a Git LFS pointer"));
  EXPECT_THAT(refused("<!DOCTYPE html>" + std::string(200, ' ')), HasSubstr("found an HTML page"));
  std::string big_endian = mat_header();
  big_endian.replace(124, 4, std::string("\1\0MI", 4));
  EXPECT_THAT(refused(big_endian), HasSubstr("big-endian"));
}

TEST_F(MatFile, AnnouncedSizesBeyondTheFileAreRefused) {
  std::string array = mat_array("a", {64, 64}, std::string(4096, 'x'));
  const std::string huge = little_endian(0x7FFFFFFF);
  std::string bytes = mat_header() + array;
  bytes.replace(128 + 32, 4, huge);  // the first size: tag, flags and the tag of the sizes lie before it
  bytes.replace(128 + 36, 4, huge);
  EXPECT_THAT(refused(bytes), HasSubstr("as the file's size allows"));
  array.replace(32, 4, huge);
  EXPECT_THAT(refused(mat_header() + mat_compressed(array)), HasSubstr("as the file's size allows"));
  bytes = mat_header() + mat_array("a", {4}, "abcd");
  bytes.replace(132, 4, little_endian(1000));
  EXPECT_THAT(refused(bytes), AllOf(HasSubstr("at byte 132: expected 1000 bytes")));
}

TEST_F(MatFile, OverflowingAndNegativeSizesAreRefused) {
  const std::int32_t most = 0x7FFFFFFF;
  EXPECT_THAT(refused(mat_header() + mat_array("a", {most, most, most}, "x")), HasSubstr("below 2^63"));
  EXPECT_THAT(refused(mat_header() + mat_array("a", {-1, 4}, "abcd")), HasSubstr("found 1 * -1"));
}

TEST_F(MatFile, DataThatContradictTheSizesAreRefused) {
  EXPECT_THAT(refused(mat_header() + mat_array("a", {64}, std::string(40, 'x'))), HasSubstr("expected 64 bytes"));
  EXPECT_THAT(refused(mat_header() + mat_array("a", {32}, std::string(40, 'x'))), HasSubstr("expected 32 bytes"));
  EXPECT_THAT(refused(mat_header() + mat_element(99, "abcdefgh")), HasSubstr("found type 99"));
  EXPECT_THAT(refused(mat_header() + mat_compressed(mat_element(99, "abcdefgh"))), HasSubstr("found type 99"));
  EXPECT_THAT(refused(mat_header() + mat_compressed(mat_array("a", {8, 1}, "abcdefgh") + "surplus")),
              HasSubstr("expected the end of the compressed data"));
}

TEST_F(MatFile, IntegersOfEveryTypeAreRead) {
  const auto file =
      write("a.mat", mat_header() + mat_array("bytes", {3, 1}, "\1\2\3") +
                         mat_array("words", {2, 1}, std::string("\xFF\xFF\xFF\xFF\5\0\0\0", 8), 12, Mat::int32) +
                         mat_array("doubles", {3, 1}, "\1\2\3", Mat::double_class));
  EXPECT_THAT(read_mat_integers(file, "bytes"), ElementsAre(1, 2, 3));
  EXPECT_THAT(read_mat_integers(file, "words"), ElementsAre(-1, 5));
  EXPECT_THAT(read_mat_integers(file, "doubles"), ElementsAre(1, 2, 3)) << "doubles that are stored as bytes";
}

TEST_F(MatFile, FractionsAreRefusedAsIntegers) {
  const double half = 0.5;
  const auto file =
      write("a.mat", mat_header() + mat_array("a", {1, 1}, std::string(reinterpret_cast<const char*>(&half), 8),
                                              Mat::double_class, Mat::float64));
  EXPECT_THAT(message_of<DataError>([&] { read_mat_integers(file, "a"); }), HasSubstr("found 0.5"));
}

}  // namespace
}  // namespace cebm
