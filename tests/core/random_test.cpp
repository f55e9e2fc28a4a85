#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/statistics.h"

namespace cebm {
namespace {

constexpr RandomKey key{.seed = 0x123456789abcdefULL, .stream = Stream::user, .step = 5};

torch::Tensor chains(std::vector<std::int64_t> ids) { return torch::tensor(ids, torch::kInt64); }

TEST(FillNormal, HasTheMomentsAndTheDistributionOfAStandardNormal) {
  const std::vector<double> sample = values_of(normal({1000, 1000}, key));
  const Moments moments = moments_of(sample);
  const double n = 1e6;
  EXPECT_LT(std::abs(moments.mean), 4 / std::sqrt(n));
  EXPECT_LT(std::abs(moments.variance - 1), 4 * std::sqrt(2 / n));
  EXPECT_LT(std::abs(moments.skewness), 4 * std::sqrt(6 / n));
  EXPECT_LT(std::abs(moments.excess_kurtosis), 4 * std::sqrt(24 / n));
  // The Kolmogorov distance exceeds 2.23 / sqrt(n) with probability 1e-4.
  EXPECT_LT(kolmogorov_distance(sample, normal_cdf), 2.23 / std::sqrt(n));
}

TEST(FillNormal, HasTheTailsOfAStandardNormal) {
  const std::vector<double> sample = values_of(normal({1000, 1000}, key));
  for (const double bound : {3.0, 4.0}) {
    const double expected = 1e6 * std::erfc(bound / std::sqrt(2.0));
    const auto beyond =
        static_cast<double>(std::count_if(sample.begin(), sample.end(), [&](double x) { return std::abs(x) > bound; }));
    EXPECT_NEAR(beyond, expected, 4 * std::sqrt(expected)) << bound;
  }
}

TEST(FillUniform, IsUniformAndStaysInsideItsHalfOpenRange) {
  const std::vector<double> sample = values_of(uniform({1000, 1000}, key, -1.0F, 3.0F));
  EXPECT_GE(*std::min_element(sample.begin(), sample.end()), -1.0);
  EXPECT_LT(*std::max_element(sample.begin(), sample.end()), 3.0);
  const auto cdf = [](double x) { return (x + 1) / 4; };
  EXPECT_LT(kolmogorov_distance(sample, cdf), 2.23 / std::sqrt(1e6));
}

TEST(FillUniform, NeverRoundsUpToItsUpperEnd) {
  // At 1e6 floats are 1/16 apart: rounding would reach the upper end for one number in eight.
  const std::vector<double> sample = values_of(uniform({100, 100}, key, 1e6F, 1e6F + 0.25F));
  EXPECT_LT(*std::max_element(sample.begin(), sample.end()), 1e6 + 0.25);
}

TEST(RandomStreams, AreUncorrelatedAcrossSeedsStreamsChainsStepsAndElements) {
  const std::int64_t n = 200000;
  const std::vector<double> base = values_of(normal({1, n}, key));
  const std::vector<std::vector<double>> others = {
      values_of(normal({1, n}, {key.seed + 1, key.stream, key.step})),
      values_of(normal({1, n}, {key.seed + (1ULL << 32), key.stream, key.step})),
      values_of(normal({1, n}, {key.seed, Stream::langevin, key.step})),
      values_of(normal({1, n}, {key.seed, key.stream, key.step + 1})),
      values_of(normal({1, n}, {key.seed, key.stream, key.step + (1ULL << 32)})),
      values_of(normal({1, n}, key, 1)),
  };
  const double bound = 4.5 / std::sqrt(static_cast<double>(n));
  for (std::size_t i = 0; i < others.size(); ++i) EXPECT_LT(std::abs(correlation(base, others[i])), bound) << i;
  for (const std::size_t lag : {1, 2, 3, 4, 64}) {
    const std::vector<double> early(base.begin(), base.end() - static_cast<std::ptrdiff_t>(lag));
    const std::vector<double> late(base.begin() + static_cast<std::ptrdiff_t>(lag), base.end());
    EXPECT_LT(std::abs(correlation(early, late)), bound) << "lag " << lag;
  }
}

TEST(RandomStreams, GiveAChainTheSameNumbersInEveryBatch) {
  const torch::Tensor all = normal({20, 1, 7, 9}, key);
  const torch::Tensor ids = chains({13, 2, 19});
  const torch::Tensor some = torch::empty({3, 1, 7, 9}, torch::MemoryFormat::ChannelsLast);
  fill_normal(some, key, ids);
  EXPECT_TRUE(torch::equal(some, all.index_select(0, ids)));
}

TEST(RandomStreams, DoNotDependOnTheNumberOfThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor one = normal({33, 3, 32, 32}, key);
  const torch::Tensor one_uniform = uniform({7, 10001}, key);
  at::set_num_threads(3);
  EXPECT_TRUE(torch::equal(normal({33, 3, 32, 32}, key), one));
  EXPECT_TRUE(torch::equal(uniform({7, 10001}, key), one_uniform));
  at::set_num_threads(threads);
}

TEST(RandomStreams, NumberElementsInMemoryOrder) {
  const torch::Tensor image = normal({2, 3, 4, 5}, key);
  ASSERT_TRUE(image.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(image.permute({0, 2, 3, 1}).flatten(1), normal({2, 60}, key)));
}

TEST(RandomStreams, BeginARowOfAnyLengthWithTheSameNumbers) {
  const torch::Tensor row = normal({1, 1200}, key);
  for (const std::int64_t length : {1, 2, 3, 5, 255, 257, 1023}) {
    EXPECT_TRUE(torch::equal(normal({1, length}, key), row.narrow(1, 0, length))) << length;
  }
}

TEST(FillNormal, RefusesTensorsThatDoNotFit) {
  const torch::Tensor ids = chains({0, 1});
  EXPECT_THROW(fill_normal(torch::empty({2, 3}, torch::kFloat64), key, ids), std::invalid_argument);
  EXPECT_THROW(fill_normal(torch::empty({3, 3}), key, ids), std::invalid_argument);
  EXPECT_THROW(fill_normal(torch::empty({2, 3, 4, 4}), key, ids), std::invalid_argument);
  EXPECT_THROW(fill_normal(torch::empty({3, 2}).t(), key, ids), std::invalid_argument);
  EXPECT_THROW(fill_normal(torch::empty({2, 3}), key, ids.to(torch::kInt32)), std::invalid_argument);
  EXPECT_THROW(fill_normal(torch::empty({2, 3}), {.step = 1ULL << 56}, ids), std::invalid_argument);
  EXPECT_THROW(normal({}, key), std::invalid_argument);
}

TEST(RandomBits, AreTheBitsBehindTheUniformNumbers) {
  const torch::Tensor row = uniform({1, 8}, key, 0.0F, 1.0F, 3);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint64_t bits = random_bits(key, 3, i);
    EXPECT_EQ(row[0][2 * i].item<double>(), std::ldexp(static_cast<double>((bits & 0xffffffff) >> 8), -24));
    EXPECT_EQ(row[0][2 * i + 1].item<double>(), std::ldexp(static_cast<double>(bits >> 40), -24));
    EXPECT_EQ(random_unit(key, 3, i), std::ldexp(static_cast<double>(bits >> 11), -53));
  }
}

TEST(RandomPermutation, ContainsEveryNumberOnce) {
  for (const std::int64_t n : {0, 1, 2, 1000}) {
    std::vector<std::int64_t> order = random_permutation(n, key);
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> expected(static_cast<std::size_t>(n));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected);
  }
  EXPECT_THROW(random_permutation(-1, key), std::invalid_argument);
}

TEST(RandomPermutation, TakesAllOrdersEquallyOften) {
  std::map<std::vector<std::int64_t>, double> counts;
  const int draws = 24000;
  for (int i = 0; i < draws; ++i) ++counts[random_permutation(4, {1, Stream::user, static_cast<std::uint64_t>(i)})];
  ASSERT_EQ(counts.size(), 24U);
  double chi_squared = 0;
  for (const auto& [order, count] : counts) chi_squared += (count - 1000) * (count - 1000) / 1000;
  EXPECT_LT(chi_squared, 58.6);  // 23 degrees of freedom, probability 6e-5
}

TEST(RandomSubset, ContainsNoNumberTwice) {
  for (const std::int64_t count : {0, 1, 64, 1000}) {
    const std::vector<std::int64_t> subset = random_subset(1000, count, key);
    const std::set<std::int64_t> different(subset.begin(), subset.end());
    EXPECT_EQ(different.size(), static_cast<std::size_t>(count));
    if (count > 0) {
      EXPECT_GE(*different.begin(), 0);
      EXPECT_LT(*different.rbegin(), 1000);
    }
  }
  EXPECT_THROW(random_subset(10, 11, key), std::invalid_argument);
}

TEST(RandomSubset, DrawsEveryOrderedPairEquallyOften) {
  std::map<std::vector<std::int64_t>, double> counts;
  const int draws = 20000;
  for (int i = 0; i < draws; ++i) ++counts[random_subset(5, 2, {2, Stream::user, static_cast<std::uint64_t>(i)})];
  ASSERT_EQ(counts.size(), 20U);
  double chi_squared = 0;
  for (const auto& [pair, count] : counts) chi_squared += (count - 1000) * (count - 1000) / 1000;
  EXPECT_LT(chi_squared, 52.4);  // 19 degrees of freedom, probability 6e-5
}

}  // namespace
}  // namespace cebm
