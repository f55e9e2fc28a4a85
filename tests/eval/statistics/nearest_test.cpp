#include <ATen/Parallel.h>
#include <cebm/errors.h>
#include <cebm/nearest.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "support/folder_test.h"

namespace cebm {
namespace {

using torch::Tensor;

/// Every distance, in double, sorted with ties in the order of the gallery.
Neighbors brute_force(const Tensor& gallery, const Tensor& queries, std::int64_t k) {
  const auto g = gallery.accessor<float, 2>();
  const auto q = queries.accessor<float, 2>();
  Neighbors result{torch::empty({queries.size(0), k}, torch::kInt64),
                   torch::empty({queries.size(0), k}, torch::kDouble)};
  for (std::int64_t i = 0; i < queries.size(0); ++i) {
    std::vector<std::pair<double, std::int64_t>> all;
    for (std::int64_t j = 0; j < gallery.size(0); ++j) {
      double sum = 0.0;
      for (std::int64_t d = 0; d < gallery.size(1); ++d) {
        const double difference = double{q[i][d]} - double{g[j][d]};
        sum += difference * difference;
      }
      all.emplace_back(sum, j);
    }
    std::sort(all.begin(), all.end());
    for (std::int64_t n = 0; n < k; ++n) {
      result.index[i][n] = all[static_cast<std::size_t>(n)].second;
      result.squared_distance[i][n] = all[static_cast<std::size_t>(n)].first;
    }
  }
  return result;
}

void expect_same(const Neighbors& found, const Neighbors& expected, const std::string& what) {
  EXPECT_TRUE(found.index.equal(expected.index)) << what;
  EXPECT_TRUE(found.squared_distance.equal(expected.squared_distance)) << what;
}

Tensor points(std::int64_t count, std::int64_t dimensions, std::uint64_t seed) {
  return normal({count, dimensions}, {.seed = seed});
}

struct Case {
  std::string name;
  Tensor gallery;
  Tensor queries;
};

/// Sets on which rounding or ties could lead a fast search astray.
std::vector<Case> cases() {
  const Tensor few = points(7, 24, 3);
  const Tensor fine = points(900, 24, 5);
  Tensor outlier = points(900, 24, 6);
  outlier[451].mul_(1e6);
  return {
      {"generic", points(900, 24, 1), points(60, 24, 2)},
      {"one dimension", points(900, 1, 1), points(60, 1, 2)},
      {"every point many times", few.repeat({120, 1}), points(60, 24, 4)},
      {"all points alike", torch::ones({900, 24}), torch::zeros({60, 24})},
      {"whole numbers, many equal distances", points(900, 6, 1).round(), points(60, 6, 2).round()},
      {"a large common offset", fine + 1e4, points(60, 24, 7) + 1e4},
      {"distances below the resolution of a float product", 1.0 + fine * 1e-6, 1.0 + points(60, 24, 7) * 1e-6},
      {"queries far from the gallery", fine, points(60, 24, 7) + 1e5},
      {"an outlier", outlier, points(60, 24, 7)},
      {"products that underflow", fine * 1e-30, points(60, 24, 7) * 1e-30},
      {"products that overflow", fine * 1e25, points(60, 24, 7) * 1e25},
      {"sums that overflow", fine.sign() * 3e38, points(60, 24, 7).sign() * 3e38},
  };
}

TEST(NearestNeighbors, AreThoseOfABruteForceSearchToTheLastBit) {
  for (const Case& c : cases()) {
    for (const std::int64_t k : {1, 5, 40}) {
      expect_same(nearest_neighbors(c.gallery, c.queries, k), brute_force(c.gallery, c.queries, k),
                  c.name + ", k = " + std::to_string(k));
    }
  }
}

TEST(NearestNeighbors, DependOnNeitherThreadsNorHowQueriesAreDivided) {
  const int threads = at::get_num_threads();
  for (const Case& c : cases()) {
    const Neighbors expected = nearest_neighbors(c.gallery, c.queries, 3);
    for (std::int64_t q = 0; q < c.queries.size(0); q += 17) {
      const std::int64_t count = std::min<std::int64_t>(17, c.queries.size(0) - q);
      expect_same(nearest_neighbors(c.gallery, c.queries.narrow(0, q, count), 3),
                  {expected.index.narrow(0, q, count), expected.squared_distance.narrow(0, q, count)}, c.name);
    }
    at::set_num_threads(3);
    expect_same(nearest_neighbors(c.gallery, c.queries, 3), expected, c.name);
    at::set_num_threads(threads);
  }
}

TEST(NearestNeighbors, OfSeveralBlocksAreThoseOfABruteForceSearch) {
  const Tensor gallery = points(8192 + 50, 3, 1);
  const Tensor queries = points(512 + 3, 3, 2);
  expect_same(nearest_neighbors(gallery, queries, 4), brute_force(gallery, queries, 4), "several blocks");
}

TEST(NearestNeighbors, EqualDistancesAreInTheOrderOfTheGallery) {
  const Tensor gallery = torch::tensor({3.0F, -1.0F, 1.0F, -1.0F, 1.0F}).unsqueeze(1);
  const Neighbors found = nearest_neighbors(gallery, torch::zeros({1, 1}), 4);
  EXPECT_TRUE(found.index.equal(torch::tensor({{1, 2, 3, 4}}, torch::kInt64)));
}

TEST(NearestNeighbors, AllRowsOfTheGalleryCanBeAskedFor) {
  const Tensor gallery = points(300, 3, 1);
  const Neighbors found = nearest_neighbors(gallery, gallery.narrow(0, 4, 1), 300);
  EXPECT_EQ(found.index[0][0].item<std::int64_t>(), 4);
  EXPECT_TRUE(std::get<0>(found.index[0].sort()).equal(torch::arange(300)));
}

TEST(NearestNeighbors, OfBytesAreThoseOfTheNumbersTheyStandFor) {
  const Tensor gallery = points(9000, 5, 1).mul(40.0).add(128.0).clamp(0.0, 255.0).to(torch::kUInt8);
  const Tensor queries = gallery.slice(0, 3, 900, 7).bitwise_xor(1);
  const auto numbers = [](const Tensor& bytes) { return bytes.to(torch::kFloat); };
  const Neighbors found = nearest_neighbors(gallery, queries, 3);
  const Neighbors expected = nearest_neighbors(numbers(gallery), numbers(queries), 3);
  EXPECT_TRUE(found.index.equal(expected.index));
  EXPECT_TRUE(found.squared_distance.equal(expected.squared_distance / (255.0 * 255.0)));
  EXPECT_THROW(nearest_neighbors(gallery, numbers(queries), 3), std::invalid_argument);
}

TEST(NearestNeighbors, StridedRowsAreReadAsWhatTheyHold) {
  const Tensor wide = points(50, 8, 1);
  const Tensor gallery = wide.slice(1, 0, 8, 2);
  const Tensor queries = points(4, 9, 2).t();
  expect_same(nearest_neighbors(gallery, queries, 2), brute_force(gallery, queries, 2), "strided");
}

TEST(NearestNeighbors, SetsThatAreTooSmallOrNotFiniteAreRefused) {
  const auto data_error = [](std::int64_t gallery, std::int64_t queries, std::int64_t k) {
    return message_of<DataError>([&] { nearest_neighbors(points(gallery, 2, 1), points(queries, 2, 1), k); });
  };
  EXPECT_EQ(data_error(3, 1, 4), "nearest neighbours: expected at least 4 images to find neighbours among, found 3");
  EXPECT_NE(data_error(0, 1, 1).find("found 0"), std::string::npos);
  EXPECT_EQ(data_error(3, 0, 1), "nearest neighbours: there are no queries");
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Tensor bad = points(9, 2, 1);
    bad[6][1] = value;
    const auto refusal = [](const Tensor& gallery, const Tensor& queries) {
      return message_of<NumericsError>([&] { nearest_neighbors(gallery, queries, 1); });
    };
    EXPECT_NE(refusal(bad, points(3, 2, 1)).find("row 6 of the gallery"), std::string::npos);
    EXPECT_NE(refusal(points(3, 2, 1), bad).find("row 6 of the queries"), std::string::npos);
  }
}

TEST(NearestNeighbors, RowsOfDifferentLengthOrTypeAreRefused) {
  const Tensor good = points(3, 2, 1);
  EXPECT_THROW(nearest_neighbors(good, points(3, 4, 1), 1), std::invalid_argument);
  EXPECT_THROW(nearest_neighbors(good, good.to(torch::kDouble), 1), std::invalid_argument);
  EXPECT_THROW(nearest_neighbors(good[0], good, 1), std::invalid_argument);
  EXPECT_THROW(nearest_neighbors(good, good, 0), std::invalid_argument);
}

Neighbors ranked(const Tensor& index) { return {index, torch::zeros(index.sizes(), torch::kDouble)}; }

TEST(Vote, IsThatOfTheMajorityAndOtherwiseOfTheNearest) {
  const Tensor labels = torch::tensor({0, 1, 1, 2, 2, 5}, torch::kInt64);
  const auto winner = [&](std::vector<std::int64_t> neighbors) {
    return vote(ranked(torch::tensor(neighbors).unsqueeze(0)), labels).item<std::int64_t>();
  };
  EXPECT_EQ(winner({5}), 5);
  EXPECT_EQ(winner({0, 1, 2}), 1) << "the majority";
  EXPECT_EQ(winner({0, 3, 1}), 0) << "all different: the nearest";
  EXPECT_EQ(winner({0, 3, 1, 2, 4}), 2) << "two and two: that of the nearer";
}

TEST(ConfusionMatrix, CountsTrueClassesInRows) {
  const Tensor truth = torch::tensor({0, 0, 1, 2, 2, 2}, torch::kInt64);
  const Tensor predicted = torch::tensor({0, 1, 1, 0, 0, 2}, torch::kInt64);
  const Tensor expected = torch::tensor({1, 1, 0, 0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0}, torch::kInt64).view({4, 4});
  EXPECT_TRUE(confusion_matrix(truth, predicted, 4).equal(expected));
  EXPECT_THROW(confusion_matrix(truth, predicted, 2), std::invalid_argument);
  EXPECT_THROW(confusion_matrix(truth, predicted - 1, 4), std::invalid_argument);
  EXPECT_THROW(confusion_matrix(truth, predicted.narrow(0, 0, 3), 4), std::invalid_argument);
}

}  // namespace
}  // namespace cebm
