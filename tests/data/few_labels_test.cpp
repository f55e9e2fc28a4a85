// Labels on their way from a data set to a batch, and sets of which only a few are known.
#include <cebm/dataset.h>
#include <gtest/gtest.h>

namespace cebm::few_labels_test {
namespace {

/// 40 images of classes 0, 1, 2, 0, ..., every tenth without a label.
std::shared_ptr<Dataset> labelled_set() {
  auto set = std::make_shared<Dataset>();
  set->images = torch::arange(40, torch::kByte).view({40, 1, 1, 1}).expand({40, 1, 2, 2}).contiguous();
  set->labels = torch::arange(40, torch::kInt64).remainder(3);
  set->labels.slice(0, 0, 40, 10).fill_(-1);
  set->classes = {"a", "b", "c"};
  return set;
}

std::int64_t count(const torch::Tensor& labels, std::int64_t label) {
  return labels.eq(label).sum().item<std::int64_t>();
}

TEST(Batches, CarryEachImagesPlaceAndLabel) {
  const auto set = labelled_set();
  BatchSource source(set, PixelRange::unit, 0.1, 16, 5, torch::kCPU);
  const Batch batch = source.batch(2);  // across the end of an epoch
  EXPECT_EQ(batch.size(), 16);
  const torch::Tensor places = batch.ids.remainder(set->size());
  EXPECT_TRUE(batch.labels.equal(set->labels.index_select(0, places)));
  EXPECT_TRUE(batch.clean.equal(to_float(set->images.index_select(0, places), PixelRange::unit)));
  EXPECT_FALSE(batch.images.equal(batch.clean));
}

TEST(Batches, WithoutNoiseAreCleanAndTakeNoMemoryTwice) {
  BatchSource source(labelled_set(), PixelRange::unit, 0.0, 4, 5, torch::kCPU);
  const Batch batch = source.batch(0);
  EXPECT_TRUE(batch.images.is_same(batch.clean));
}

TEST(Batches, CanBeTakenInParts) {
  BatchSource source(labelled_set(), PixelRange::unit, 0.1, 8, 5, torch::kCPU);
  const Batch batch = source.batch(0);
  const Batch part = rows_of_batch(batch, 2, 3);
  EXPECT_EQ(part.size(), 3);
  EXPECT_TRUE(part.ids.equal(batch.ids.slice(0, 2, 5)));
  EXPECT_TRUE(part.labels.equal(batch.labels.slice(0, 2, 5)));
  EXPECT_TRUE(part.images.equal(batch.images.slice(0, 2, 5)));
}

TEST(FewLabels, AreSoManyOfEachClassAndTheRestIsUnknown) {
  const auto set = labelled_set();
  const Dataset few = with_few_labels(*set, 4, 1);
  for (std::int64_t y = 0; y < 3; ++y) EXPECT_EQ(count(few.labels, y), 4) << y;
  EXPECT_EQ(count(few.labels, -1), 28);
  const torch::Tensor known = few.labels.ge(0);
  EXPECT_TRUE(few.labels.masked_select(known).equal(set->labels.masked_select(known)));
  EXPECT_TRUE(few.images.is_same(set->images));
}

TEST(FewLabels, AreAllOfAClassThatHasNoMore) {
  const auto set = labelled_set();
  EXPECT_TRUE(with_few_labels(*set, 100, 1).labels.equal(set->labels));
}

TEST(FewLabels, OfMoreContainThoseOfFewerAndAnotherSeedDrawsOthers) {
  const auto set = labelled_set();
  const torch::Tensor two = with_few_labels(*set, 2, 1).labels;
  const torch::Tensor five = with_few_labels(*set, 5, 1).labels;
  EXPECT_TRUE(five.ge(0).logical_or(two.lt(0)).all().item<bool>());
  EXPECT_TRUE(with_few_labels(*set, 2, 1).labels.equal(two));
  EXPECT_FALSE(with_few_labels(*set, 2, 2).labels.equal(two));
}

}  // namespace
}  // namespace cebm::few_labels_test
