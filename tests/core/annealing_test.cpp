#include <cebm/annealing.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

AnnealingOptions of_kind(AnnealingKind kind) {
  AnnealingOptions options;
  options.kind = kind;
  options.final = 0.2;
  return options;
}

TEST(Annealing, HasTheDocumentedFactors) {
  EXPECT_EQ(AnnealingOptions().factor(50, 100), 1.0);
  const AnnealingOptions linear = of_kind(AnnealingKind::linear);
  EXPECT_EQ(linear.factor(0, 101), 1.0);
  EXPECT_DOUBLE_EQ(linear.factor(25, 101), 0.8);
  EXPECT_DOUBLE_EQ(linear.factor(100, 101), 0.2);
  EXPECT_DOUBLE_EQ(linear.factor(500, 101), 0.2);
  const AnnealingOptions cosine = of_kind(AnnealingKind::cosine);
  EXPECT_EQ(cosine.factor(0, 101), 1.0);
  EXPECT_NEAR(cosine.factor(50, 101), 0.6, 1e-12);
  EXPECT_NEAR(cosine.factor(25, 101), 0.2 + 0.8 * (1 + std::sqrt(0.5)) / 2, 1e-12);
  EXPECT_NEAR(cosine.factor(100, 101), 0.2, 1e-12);
}

TEST(Annealing, GoesDownByStairs) {
  AnnealingOptions options = of_kind(AnnealingKind::steps);
  options.at = {10, 20};
  options.by = 0.5;
  EXPECT_EQ(options.factor(9, 100), 1.0);
  EXPECT_EQ(options.factor(10, 100), 0.5);
  EXPECT_EQ(options.factor(20, 100), 0.25);
}

TEST(Annealing, BeginsLaterAndEndsEarlierWhereAskedTo) {
  AnnealingOptions options = of_kind(AnnealingKind::linear);
  options.end = 60;
  EXPECT_EQ(options.factor(20, 1000, 20), 1.0);
  EXPECT_DOUBLE_EQ(options.factor(40, 1000, 20), 0.6);
  EXPECT_DOUBLE_EQ(options.factor(60, 0, 20), 0.2) << "its own end needs no length of the training";
  options.end = 0;
  EXPECT_EQ(options.factor(40, 0), 1.0) << "nobody knows the end";
  EXPECT_DOUBLE_EQ(options.factor(30, 25, 40), 1.0);
}

TEST(Annealing, KnowsTheLargestFactor) {
  AnnealingOptions options = of_kind(AnnealingKind::linear);
  EXPECT_EQ(options.largest(), 1.0);
  options.final = 3.0;
  EXPECT_EQ(options.largest(), 3.0);
  options = of_kind(AnnealingKind::steps);
  options.at = {1, 2};
  options.by = 2.0;
  EXPECT_EQ(options.largest(), 4.0);
}

}  // namespace
}  // namespace cebm
