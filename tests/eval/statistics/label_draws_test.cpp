#include "eval/statistics/label_draws.h"

#include <cebm/errors.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/folder_test.h"

namespace cebm {
namespace {

/// 60 images of three classes, of which the last has 10.
torch::Tensor labels() {
  return torch::cat({torch::arange(50, torch::kInt64).remainder(2), torch::full({10}, 2, torch::kInt64)});
}

Dataset set_with(const torch::Tensor& labels) {
  return {"toys", "train", torch::zeros({labels.size(0), 1, 2, 2}, torch::kUInt8), labels, {"a", "b", "c"}, {}};
}

TEST(LabelDraws, TakeTheWantedNumberOfDifferentImagesOfEachClass) {
  const auto drawn = draw_labels(labels(), 3, 8, 1, 0);
  ASSERT_EQ(drawn.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(drawn[k].size(), 8U);
    EXPECT_EQ(std::set<std::int64_t>(drawn[k].begin(), drawn[k].end()).size(), 8U);
    for (const std::int64_t image : drawn[k]) {
      EXPECT_EQ(labels()[image].item<std::int64_t>(), static_cast<std::int64_t>(k));
    }
  }
}

TEST(LabelDraws, WithFewerLabelsAreTheBeginningOfThoseWithMore) {
  const auto many = draw_labels(labels(), 3, 8, 1, 4);
  const auto few = draw_labels(labels(), 3, 3, 1, 4);
  EXPECT_EQ(first_of_each(many, 3), first_of_each(few, 3));
  EXPECT_EQ(first_of_each(few, 1), (std::vector<std::int64_t>{few[0][0], few[1][0], few[2][0]}));
}

TEST(LabelDraws, FollowTheDocumentedPermutation) {
  const torch::Tensor label = labels();
  std::vector<std::int64_t> expected;
  for (const std::int64_t image : random_permutation(60, {7, Stream::evaluation, 5})) {
    if (label[image].item<std::int64_t>() == 1) expected.push_back(image);
  }
  expected.resize(4);
  EXPECT_EQ(draw_labels(label, 3, 4, 7, 5)[1], expected);
  EXPECT_NE(draw_labels(label, 3, 4, 7, 6)[1], expected);
  EXPECT_NE(draw_labels(label, 3, 4, 8, 5)[1], expected);
}

TEST(LabelDraws, TooFewLabelsOrNoneAreRefusedWithTheClass) {
  EXPECT_NO_THROW(require_labels(set_with(labels()), 10, "few-shot"));
  const std::string few = message_of<DataError>([] { require_labels(set_with(labels()), 11, "few-shot"); });
  for (const char* part : {"few-shot", "toys", "train", "at least 11", "found 10", "'c'"}) {
    EXPECT_NE(few.find(part), std::string::npos) << few;
  }
  torch::Tensor unlabelled = labels();
  unlabelled[7] = -1;
  const std::string none = message_of<DataError>([&] { require_labels(set_with(unlabelled), 1, "few-shot"); });
  EXPECT_NE(none.find("image 7"), std::string::npos) << none;
  Dataset single = set_with(torch::zeros({4}, torch::kInt64));
  single.classes = {"a"};
  EXPECT_THROW(require_labels(single, 1, "few-shot"), DataError);
}

}  // namespace
}  // namespace cebm
