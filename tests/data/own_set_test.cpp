// A set of a user's own is checked when it is read.
#include <cebm/catalog.h>
#include <gmock/gmock.h>

#include "support/data_files.h"

namespace cebm::own_set {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Three images of two classes, of which one has no label.
Dataset whole_set() {
  return {.name = "mine",
          .split = "train",
          .images = at::zeros({3, 1, 4, 5}, at::kByte),
          .labels = torch::tensor({0, -1, 1}, torch::kLong),
          .classes = {"cat", "dog"},
          .files = {}};
}

/// Reads the test split of the row "mine", which gives `set`.
std::shared_ptr<Dataset> read(const std::shared_ptr<Dataset>& set) {
  Catalog catalog;
  DatasetEntry row = catalog.datasets.find("noise");
  row.name = "mine";
  row.image_shape = {};
  row.build = [set](const Options&, const DataContext&) { return set; };
  catalog.datasets.add(row);
  return read_dataset(Choice<DatasetEntry>(catalog, "mine"), {.split = "test"});
}

/// The message with which a set is refused that `spoil` has changed; it must name the set and the split.
std::string refused(const std::function<void(Dataset&)>& spoil) {
  const auto set = std::make_shared<Dataset>(whole_set());
  spoil(*set);
  const std::string message = message_of<DataError>([&] { read(set); });
  EXPECT_THAT(message, HasSubstr("data set mine, split test: expected "));
  return message;
}

TEST(OwnSet, IsReadIfImagesAndLabelsAreWhatTheyShouldBe) {
  EXPECT_EQ(read(std::make_shared<Dataset>(whole_set()))->size(), 3);
  const auto nameless = std::make_shared<Dataset>(whole_set());
  nameless->classes = {};
  nameless->labels = torch::tensor({0, -1, 700}, torch::kLong);
  EXPECT_EQ(read(nameless)->size(), 3) << "without class names no label is too high";
}

TEST(OwnSet, WithImagesThatAreNotBytesOfFourDimensionsIsRefused) {
  const std::string expected = "images uint8 [N, C, H, W]";
  EXPECT_THAT(refused([](Dataset& set) { set.images = set.images.to(torch::kFloat); }),
              AllOf(HasSubstr(expected), HasSubstr("found Float [3, 1, 4, 5]")));
  EXPECT_THAT(refused([](Dataset& set) { set.images = set.images.squeeze(1); }),
              AllOf(HasSubstr(expected), HasSubstr("found Byte [3, 4, 5]")));
  EXPECT_THAT(refused([](Dataset& set) { set.images = torch::Tensor(); }),
              AllOf(HasSubstr(expected), HasSubstr("found no tensor")));
}

TEST(OwnSet, WithoutImagesIsRefused) {
  EXPECT_THAT(refused([](Dataset& set) {
                set.images = set.images.narrow(0, 0, 0);
                set.labels = set.labels.narrow(0, 0, 0);
              }),
              HasSubstr("found Byte [0, 1, 4, 5]"));
  EXPECT_THAT(message_of<DataError>([] { read(nullptr); }), HasSubstr("expected a set, found none"));
}

TEST(OwnSet, WithLabelsThatAreNotOneIntegerForEachImageIsRefused) {
  const std::string expected = "labels int64 [3]";
  EXPECT_THAT(refused([](Dataset& set) { set.labels = set.labels.to(torch::kInt); }),
              AllOf(HasSubstr(expected), HasSubstr("found Int [3]")));
  EXPECT_THAT(refused([](Dataset& set) { set.labels = set.labels.narrow(0, 0, 2); }),
              AllOf(HasSubstr(expected), HasSubstr("found Long [2]")));
  EXPECT_THAT(refused([](Dataset& set) { set.labels = set.labels.unsqueeze(1); }),
              AllOf(HasSubstr(expected), HasSubstr("found Long [3, 1]")));
  EXPECT_THAT(refused([](Dataset& set) { set.labels = torch::Tensor(); }),
              AllOf(HasSubstr(expected), HasSubstr("found no tensor")));
}

TEST(OwnSet, WithLabelsThatAreNoClassIsRefused) {
  const std::string expected = "labels in -1 (none) .. 1 for 2 classes";
  EXPECT_THAT(refused([](Dataset& set) { set.labels[0] = 2; }), AllOf(HasSubstr(expected), HasSubstr("found 2")));
  EXPECT_THAT(refused([](Dataset& set) { set.labels[0] = -2; }), AllOf(HasSubstr(expected), HasSubstr("found -2")));
  EXPECT_THAT(refused([](Dataset& set) {
                set.classes = {};
                set.labels[0] = -2;
              }),
              AllOf(HasSubstr("labels of -1 (none) or above"), HasSubstr("found -2")));
}

}  // namespace
}  // namespace cebm::own_set
