#include "tensorboard/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tensorboard/crc32c.h"

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Crc32c, IsThatOfRfc3720) {
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
}

TEST(Record, IsFramedAsTensorFlowFramesIt) {
  // tf.io.TFRecordWriter of b"abc": length 3 and its masked checksum, the data and theirs.
  const std::string record = record_of("abc");
  ASSERT_EQ(record.size(), 8U + 4U + 3U + 4U);
  EXPECT_EQ(record.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  std::uint32_t of_length = 0;
  std::uint32_t of_data = 0;
  std::memcpy(&of_length, record.data() + 8, 4);
  std::memcpy(&of_data, record.data() + 15, 4);
  EXPECT_EQ(of_length, masked_crc32c(record.substr(0, 8)));
  EXPECT_EQ(of_data, masked_crc32c("abc"));
  EXPECT_EQ(masked_crc32c("abc"), ((crc32c("abc") >> 15U | crc32c("abc") << 17U) + 0xa282ead8U));
}

TEST(Record, ComesBackWhateverIsInIt) {
  const std::string bytes("\0\xFF a\n", 5);
  const std::string file = record_of("one") + record_of("") + record_of(bytes);
  EXPECT_THAT(records_in(file), ElementsAre("one", "", bytes));
  EXPECT_THAT(records_in(""), IsEmpty());
}

TEST(Record, ThatIsCutShortEndsTheFileAtEveryLength) {
  const std::string whole = record_of("one");
  const std::string file = whole + record_of("another");
  for (std::size_t size = whole.size(); size < file.size(); ++size) {
    EXPECT_THAT(records_in(std::string_view(file).substr(0, size)), ElementsAre("one")) << size;
  }
}

TEST(Record, OfWhichAnyBitIsAnotherEndsTheFile) {
  const std::string first = record_of("one");
  for (std::size_t byte = 0; byte < first.size(); ++byte) {
    std::string file = record_of("zero") + first + record_of("two");
    file[record_of("zero").size() + byte] ^= 0x10;
    EXPECT_THAT(records_in(file), ElementsAre("zero")) << byte;
  }
}

}  // namespace
}  // namespace cebm
