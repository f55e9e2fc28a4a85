#include "data/loading.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class Emnist : public SetTest {};

TEST_F(Emnist, TransposedImagesAreTurnedUpright) {
  write_emnist(folder_ / "emnist", {.train = 12, .test = 3}, 5);
  const auto train = load("emnist");
  EXPECT_EQ(train->image_shape(), (ImageShape{1, 28, 28}));
  ASSERT_EQ(train->size(), 12);
  for (std::int64_t i = 0; i < 12; ++i) {
    expect_image(train->images, i, 5, static_cast<std::uint32_t>(i));
    EXPECT_EQ(train->labels[i].item<std::int64_t>(), i % 10);
  }
  const auto test = load("emnist", "{}", "test");
  ASSERT_EQ(test->size(), 3);
  expect_image(test->images, 2, 6, 2);
}

TEST_F(Emnist, LettersAreCountedFromZero) {
  write_emnist(folder_ / "emnist/gzip", {.train = 30, .test = 26}, 1, "letters", 26);
  const auto set = load("emnist", "subset: letters");
  EXPECT_EQ(set->labels.max().item<std::int64_t>(), 25);
  EXPECT_EQ(set->labels[0].item<std::int64_t>(), 0);
  EXPECT_EQ(set->classes.front(), "a");
  EXPECT_EQ(set->classes.back(), "z");
}

TEST_F(Emnist, EverySubsetHasItsOwnFilesAndClasses) {
  const std::vector<std::pair<std::string, std::uint32_t>> subsets = {
      {"digits", 10}, {"letters", 26}, {"balanced", 47}, {"byclass", 62}, {"bymerge", 47}, {"mnist", 10}};
  std::uint32_t seed = 1;
  for (const auto& [subset, classes] : subsets) write_emnist(folder_ / "emnist/raw", {70, 5}, ++seed, subset, classes);
  seed = 1;
  for (const auto& [subset, classes] : subsets) {
    SCOPED_TRACE(subset);
    const auto set = load("emnist", "subset: " + subset);
    EXPECT_THAT(set->classes, SizeIs(classes));
    EXPECT_EQ(set->labels.max().item<std::int64_t>(), classes - 1);
    expect_image(set->images, 69, ++seed, 69);
  }
  const auto balanced = load("emnist", "subset: balanced");
  EXPECT_EQ(balanced->classes[10], "A");
  EXPECT_EQ(balanced->classes[36], "a");
  EXPECT_EQ(balanced->classes[46], "t");
}

TEST_F(Emnist, LabelsOutsideTheSubsetAreRefused) {
  write_emnist(folder_ / "emnist", {}, 1, "letters", 26);
  std::string labels = idx_header({20}) + std::string(20, '\1');
  labels[8 + 4] = 0;
  const auto file = folder_ / "emnist/emnist-letters-train-labels-idx1-ubyte";
  write_bytes(file, labels);
  EXPECT_THAT(refused("emnist", file, "subset: letters"),
              AllOf(HasSubstr("at byte 12: expected a label of 1 .. 26, found 0")));
}

TEST_F(Emnist, MissingFilesAreNamedWithTheirPlaces) {
  const std::string message = message_of<DataError>([this] { load("emnist"); });
  EXPECT_THAT(message, AllOf(HasSubstr("emnist-digits-train-images-idx3-ubyte"),
                             HasSubstr((folder_ / "emnist/gzip").string()), HasSubstr("cebm-data fetch emnist")));
}

}  // namespace
}  // namespace cebm
