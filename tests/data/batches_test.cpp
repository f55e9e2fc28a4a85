#include <cebm/dataset.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace cebm {
namespace {

std::vector<std::int64_t> values(const torch::Tensor& indices) {
  const auto* const first = indices.const_data_ptr<std::int64_t>();
  return {first, first + indices.numel()};
}

/// The order in which the first `steps` batches visit the images.
std::vector<std::int64_t> visits(BatchOrder order, std::uint64_t steps) {
  std::vector<std::int64_t> all;
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (const auto index : values(order.indices(step))) all.push_back(index);
  }
  return all;
}

/// `count` images of `channels` x 6 x 5; image i has the value i * 7 mod 256 in channel 0, one more in channel 1, ...
std::shared_ptr<Dataset> grey_levels(std::int64_t count, std::int64_t channels) {
  auto set = std::make_shared<Dataset>();
  set->images = (at::arange(count).mul(7).view({-1, 1, 1, 1}) + at::arange(channels).view({1, -1, 1, 1}))
                    .remainder(256)
                    .expand({count, channels, 6, 5})
                    .to(at::kByte)
                    .contiguous();
  set->labels = at::arange(count);
  return set;
}

TEST(BatchOrder, EveryEpochVisitsEveryImageOnce) {
  constexpr std::int64_t size = 103;
  const auto all = visits(BatchOrder(size, 10, 5), 103);  // 10 epochs; no batch size divides 103
  ASSERT_EQ(all.size(), 1030U);
  std::vector<std::int64_t> expected(size);
  std::iota(expected.begin(), expected.end(), 0);
  for (std::int64_t epoch = 0; epoch < 10; ++epoch) {
    std::vector<std::int64_t> one(all.begin() + epoch * size, all.begin() + (epoch + 1) * size);
    std::sort(one.begin(), one.end());
    EXPECT_EQ(one, expected) << "epoch " << epoch;
  }
}

TEST(BatchOrder, EpochsDifferInOrder) {
  const auto all = visits(BatchOrder(100, 100, 5), 2);
  EXPECT_NE(std::vector<std::int64_t>(all.begin(), all.begin() + 100),
            std::vector<std::int64_t>(all.begin() + 100, all.end()));
}

TEST(BatchOrder, AnyStepReachedDirectlyEqualsTheSequentialOne) {
  BatchOrder sequential(103, 10, 5);
  for (std::uint64_t step = 0; step < 40; ++step) {
    const auto expected = values(sequential.indices(step));
    EXPECT_EQ(values(BatchOrder(103, 10, 5).indices(step)), expected) << "step " << step;
  }
  EXPECT_EQ(values(sequential.indices(3)), values(BatchOrder(103, 10, 5).indices(3))) << "going back";
}

TEST(BatchOrder, BatchSizeDoesNotChangeTheOrder) {
  EXPECT_EQ(visits(BatchOrder(30, 4, 5), 15), visits(BatchOrder(30, 20, 5), 3));
}

TEST(BatchOrder, BatchesLargerThanTheSetSpanEpochs) {
  const auto batch = values(BatchOrder(3, 8, 5).indices(0));
  for (std::int64_t image = 0; image < 3; ++image) {
    EXPECT_GE(std::count(batch.begin(), batch.end(), image), 2) << image;
  }
}

TEST(BatchOrder, ImagesThatABatchHasTwiceHaveTwoIds) {
  BatchOrder order(3, 8, 5);
  for (const std::uint64_t step : {0, 1, 7}) {
    const auto indices = values(order.indices(step));
    auto ids = values(order.ids(step));
    for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i] % 3, indices[i]);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << "step " << step;
  }
  EXPECT_EQ(values(BatchOrder(100, 8, 5).ids(3)), values(BatchOrder(100, 8, 5).indices(3))) << "within an epoch";
}

TEST(BatchOrder, SeedsGiveDifferentOrders) {
  EXPECT_NE(visits(BatchOrder(100, 10, 5), 10), visits(BatchOrder(100, 10, 6), 10));
}

TEST(BatchOrder, EmptySetsAndBatchesAreRefused) {
  EXPECT_THROW(BatchOrder(0, 1, 5), std::invalid_argument);
  EXPECT_THROW(BatchOrder(1, 0, 5), std::invalid_argument);
}

TEST(ToFloat, EveryByteMapsToItsFormulaWithExactEnds) {
  const torch::Tensor bytes = at::arange(256).to(at::kByte).view({256, 1, 1, 1});
  const torch::Tensor symmetric = to_float(bytes, PixelRange::symmetric);
  const torch::Tensor unit = to_float(bytes, PixelRange::unit);
  EXPECT_EQ(symmetric.scalar_type(), at::kFloat);
  constexpr double rounding = 0x1p-23;  // of the factor and of the product
  for (std::int64_t p = 0; p < 256; ++p) {
    EXPECT_NEAR(symmetric[p].item<double>(), 2.0 * static_cast<double>(p) / 255 - 1, rounding);
    EXPECT_NEAR(unit[p].item<double>(), static_cast<double>(p) / 255, rounding);
  }
  EXPECT_EQ(symmetric[0].item<float>(), -1.0F);
  EXPECT_EQ(symmetric[255].item<float>(), 1.0F);
  EXPECT_EQ(unit[0].item<float>(), 0.0F);
  EXPECT_EQ(unit[255].item<float>(), 1.0F);
}

TEST(ToFloat, ResultIsChannelsLastAndLeavesTheBytesAlone) {
  const torch::Tensor bytes = at::arange(2 * 3 * 4 * 5).to(at::kByte).view({2, 3, 4, 5});
  const torch::Tensor before = bytes.clone();
  const torch::Tensor x = to_float(bytes, PixelRange::unit);
  EXPECT_TRUE(x.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(x.mul(255).round().to(at::kByte).equal(bytes));
  EXPECT_TRUE(bytes.equal(before));
}

TEST(ToFloat, OtherTypesAndRanksAreRefused) {
  EXPECT_THROW(to_float(at::zeros({1, 1, 2, 2})), std::invalid_argument);
  EXPECT_THROW(to_float(at::zeros({2, 2}, at::kByte)), std::invalid_argument);
}

TEST(BatchSource, BatchesAreTheOrderedImagesChannelsLast) {
  for (const std::int64_t channels : {1, 3}) {
    SCOPED_TRACE(channels);
    const auto set = grey_levels(50, channels);
    BatchSource source(set, PixelRange::symmetric, 0.0, 8, 5, at::kCPU);
    for (const std::uint64_t step : {0, 6, 100}) {
      const torch::Tensor batch = source.batch(step).images;
      EXPECT_TRUE(batch.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(batch.equal(to_float(set->images.index_select(0, BatchOrder(50, 8, 5).indices(step)))));
    }
  }
}

TEST(BatchSource, HowTheImagesLieInMemoryDoesNotMatter) {
  const auto planes = grey_levels(50, 3);
  const auto pixels = std::make_shared<Dataset>(*planes);
  pixels->images = planes->images.contiguous(at::MemoryFormat::ChannelsLast);
  ASSERT_NE(planes->images.strides(), pixels->images.strides());
  BatchSource one(planes, PixelRange::symmetric, 0.1, 8, 5, at::kCPU);
  BatchSource other(pixels, PixelRange::symmetric, 0.1, 8, 5, at::kCPU);
  for (std::uint64_t step = 0; step < 8; ++step)
    EXPECT_TRUE(one.batch(step).images.equal(other.batch(step).images)) << step;
}

TEST(BatchSource, HoldsNoSecondCopyOfTheImages) {
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const auto set = std::make_shared<Dataset>(*grey_levels(50, 3));
    set->images = set->images.contiguous(format);
    BatchSource source(set, PixelRange::unit, 0.0, 8, 5, at::kCPU);
    const torch::Tensor before = source.batch(0).images;
    set->images.fill_(255);  // seen by the source, as it reads the same memory
    EXPECT_FALSE(before.equal(source.batch(0).images));
    EXPECT_TRUE(source.batch(0).images.eq(1).all().item<bool>());
  }
}

TEST(BatchSource, NoiseIsGaussianOfTheGivenDeviation) {
  const auto set = grey_levels(64, 3);
  constexpr double deviation = 0.03;
  constexpr int steps = 20;
  BatchSource noisy(set, PixelRange::unit, deviation, 64, 5, at::kCPU);
  BatchSource clean(set, PixelRange::unit, 0.0, 64, 5, at::kCPU);
  std::vector<torch::Tensor> noise;
  for (std::uint64_t step = 0; step < steps; ++step)
    noise.push_back(noisy.batch(step).images - clean.batch(step).images);
  const torch::Tensor z = at::cat(noise).to(at::kDouble).div(deviation);
  const auto n = static_cast<double>(z.numel());  // 115,200; bounds of five standard errors
  EXPECT_NEAR(z.mean().item<double>(), 0, 5 / std::sqrt(n));
  EXPECT_NEAR(z.square().mean().item<double>(), 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(z.pow(4).mean().item<double>(), 3, 5 * std::sqrt(96 / n));
}

TEST(BatchSource, NoiseDiffersBetweenRowsStepsAndSeedsAndRepeatsWithThem) {
  const auto set = std::make_shared<Dataset>();
  set->images = at::zeros({4, 1, 6, 5}, at::kByte);
  set->labels = at::zeros({4}, at::kLong);
  BatchSource source(set, PixelRange::unit, 1.0, 4, 5, at::kCPU);
  BatchSource other(set, PixelRange::unit, 1.0, 4, 6, at::kCPU);
  const torch::Tensor first = source.batch(0).images;
  EXPECT_FALSE(first[0].equal(first[1]));
  EXPECT_FALSE(first.equal(source.batch(1).images));
  EXPECT_FALSE(first.equal(other.batch(0).images));
  EXPECT_TRUE(first.equal(source.batch(0).images));
}

}  // namespace
}  // namespace cebm
