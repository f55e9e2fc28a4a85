#include "data/loading.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Cifar10 : public SetTest {
 protected:
  std::filesystem::path file(const std::string& name) const { return folder_ / "cifar10" / name; }
};

TEST_F(Cifar10, ImagesOfAllFilesFollowEachOther) {
  write_cifar10(folder_ / "cifar10", {.train = 23, .test = 7}, 3);
  const auto train = load("cifar10");
  EXPECT_EQ(train->image_shape(), (ImageShape{3, 32, 32}));
  ASSERT_EQ(train->size(), 23);
  EXPECT_TRUE(train->images.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_THAT(train->files, SizeIs(5));
  EXPECT_THAT(train->classes, SizeIs(10));
  for (std::int64_t i = 0; i < 23; ++i) {
    expect_image(train->images, i, 3, static_cast<std::uint32_t>(i));
    EXPECT_EQ(train->labels[i].item<std::int64_t>(), i % 10);
  }
  const auto test = load("cifar10", "{}", "test");
  ASSERT_EQ(test->size(), 7);
  expect_image(test->images, 6, 4, 6);
}

TEST_F(Cifar10, FilesLargerThanABlockAreWhole) {
  write_cifar10(folder_ / "cifar10", {.train = 5, .test = 700}, 3);
  const auto test = load("cifar10", "{}", "test");
  ASSERT_EQ(test->size(), 700);
  for (const std::uint32_t i : {0U, 255U, 256U, 511U, 512U, 699U}) expect_image(test->images, i, 4, i);
}

TEST_F(Cifar10, TheUsualSubfolderAndCompressedFilesAreFound) {
  write_bytes(folder_ / "cifar-10-batches-bin/test_batch.bin.gz", gz(cifar10_records(0, 4, 2)));
  const auto test = load("cifar10", "{}", "test");
  ASSERT_EQ(test->size(), 4);
  expect_image(test->images, 3, 2, 3);
}

TEST_F(Cifar10, LimitKeepsTheFirstImages) {
  write_cifar10(folder_ / "cifar10", {.train = 23, .test = 7}, 3);
  const auto set = load("cifar10", "limit: 6");  // the first file has 4
  ASSERT_EQ(set->size(), 6);
  ASSERT_EQ(set->labels.size(0), 6);
  expect_image(set->images, 5, 3, 5);
  EXPECT_EQ(load("cifar10", "limit: 100")->size(), 23);
}

TEST_F(Cifar10, AFileOfFewerRecordsThanPublishedIsReadWithAWarning) {
  write_cifar10(folder_ / "cifar10", {.train = 23, .test = 7}, 3);
  EXPECT_THAT(load("cifar10", "{}", "test")->warnings,
              ElementsAre(file("test_batch.bin").string() + ": expected 10000 records, found 7: not the whole set"));
  EXPECT_THAT(load("cifar10")->warnings, SizeIs(5));
  EXPECT_THAT(load("cifar10", "limit: 3")->warnings, IsEmpty()) << "no file was read to its end";
  EXPECT_THAT(load("cifar10", "limit: 6")->warnings,
              ElementsAre(HasSubstr("data_batch_1.bin: expected 10000 records, found 4")));
  write_bytes(file("test_batch.bin"), std::string(std::size_t{10000} * 3073, '\1'));
  const auto whole = load("cifar10", "{}", "test");
  EXPECT_EQ(whole->size(), 10000);
  EXPECT_THAT(whole->warnings, IsEmpty());
}

TEST_F(Cifar10, FewerFilesAreReadOnlyWhenAskedFor) {
  write_cifar10(folder_ / "cifar10", {.train = 20, .test = 5}, 3);
  for (int i = 3; i <= 5; ++i) std::filesystem::remove(file("data_batch_" + std::to_string(i) + ".bin"));
  EXPECT_THAT(message_of<DataError>([this] { load("cifar10"); }),
              AllOf(HasSubstr("without data_batch_3.bin, data_batch_4.bin and data_batch_5.bin"),
                    HasSubstr("batches: 1"), HasSubstr("cebm-data fetch cifar10")));
  EXPECT_EQ(load("cifar10", "batches: 2")->size(), 8);
  EXPECT_THROW(load("cifar10", "batches: 6"), ConfigError);
}

TEST_F(Cifar10, EveryTruncationInsideARecordIsRefusedAtItsOffset) {
  write_cifar10(folder_ / "cifar10", {}, 3);
  const std::string whole = cifar10_records(0, 2, 1);
  for (const std::size_t length : {1U, 3072U, 3074U, 6145U}) {
    SCOPED_TRACE(length);
    write_bytes(file("test_batch.bin"), whole.substr(0, length));
    EXPECT_THAT(refused("cifar10", file("test_batch.bin"), "{}", "test"),
                AllOf(HasSubstr("at byte " + std::to_string(length / 3073 * 3073) + ": expected a record of 3073"),
                      HasSubstr("found " + std::to_string(length % 3073))));
  }
  write_bytes(file("test_batch.bin"), "");
  EXPECT_THAT(refused("cifar10", file("test_batch.bin"), "{}", "test"), HasSubstr("found an empty file"));
}

TEST_F(Cifar10, OtherFilesAreNamedForWhatTheyAre) {
  write_cifar10(folder_ / "cifar10", {}, 3);
  for (const std::size_t length : {20U, 3073U, 5000U}) {
    write_bytes(file("test_batch.bin"), "<!DOCTYPE html>" + std::string(length - 15, ' '));
    EXPECT_THAT(refused("cifar10", file("test_batch.bin"), "{}", "test"), HasSubstr("found an HTML page")) << length;
  }
}

TEST_F(Cifar10, AFileOfZerosIsRefused) {
  write_cifar10(folder_ / "cifar10", {}, 3);
  write_bytes(file("test_batch.bin"), std::string(std::size_t{4} * 3073, '\0'));
  EXPECT_THAT(refused("cifar10", file("test_batch.bin"), "{}", "test"), HasSubstr("found zeros only"));
}

TEST_F(Cifar10, SurplusBytesAreRefused) {
  write_cifar10(folder_ / "cifar10", {}, 3);
  write_bytes(file("test_batch.bin"), cifar10_records(0, 2, 1) + "x");
  EXPECT_THAT(refused("cifar10", file("test_batch.bin"), "{}", "test"),
              AllOf(HasSubstr("at byte 6146: "), HasSubstr("found 1")));
}

TEST_F(Cifar10, LabelsThatAreNoClassAreRefusedAtTheirOffset) {
  write_cifar10(folder_ / "cifar10", {}, 3);
  std::string bytes = cifar10_records(0, 3, 1);
  bytes[2 * 3073] = 10;
  write_bytes(file("test_batch.bin"), bytes);
  EXPECT_THAT(refused("cifar10", file("test_batch.bin"), "{}", "test"),
              HasSubstr("at byte 6146: expected a label of 0 .. 9, found 10"));
}

TEST_F(Cifar10, AFolderInTheFilesPlaceIsNamedUnlessItHoldsTheFile) {
  write_cifar10(folder_ / "cifar10", {}, 3);
  std::filesystem::remove(file("test_batch.bin"));
  std::filesystem::create_directory(file("test_batch.bin"));
  const auto test_split = [this] { load("cifar10", "{}", "test"); };
  EXPECT_THAT(message_of<DataError>(test_split), HasSubstr("test_batch.bin is a folder"));
  write_bytes(file("test_batch.bin") / "test_batch.bin", cifar10_records(0, 3, 2));
  EXPECT_EQ(load("cifar10", "{}", "test")->size(), 3) << "some programs unpack it so";
}

}  // namespace
}  // namespace cebm
