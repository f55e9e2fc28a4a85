#include "kernels/arithmetic.h"

#include <ATen/core/PhiloxRNGEngine.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace cebm::kernels {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words philox(Words counter, std::array<std::uint32_t, 2> key) {
  const philox4x32_ctr_t out = philox4x32_R(10, {{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {out.v[0], out.v[1], out.v[2], out.v[3]};
}

TEST(Philox, GivesTheKnownAnswersOfItsAuthors) {
  // Random123, tests/kat_vectors, philox4x32 with 10 rounds.
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomQuad, GivesTheBitsOfLibTorchsPhiloxAtTheDocumentedCounter) {
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const std::uint64_t seed = 0x9e3779b97f4a7c15ULL * (i + 1);
    const std::uint64_t step = (seed >> 7) & 0xffffffffffffffULL;
    const std::uint32_t quad = i * 2654435761U;
    const std::uint32_t stream = i % 256;
    const std::int64_t chain = (std::int64_t{i} * 48271) & 0xffffffff;
    const Counter counter{.seed = seed, .stream = stream, .step = step, .chains = &chain};
    const philox4x32_ctr_t bits = random_quad(row_key(counter, 0), quad);
    // LibTorch's counter is {offset low, offset high, subsequence low, subsequence high}.
    const std::uint64_t high = std::uint64_t{stream} << 24 | step >> 32;
    at::philox_engine engine(seed, high << 32 | static_cast<std::uint64_t>(chain),
                             (step & 0xffffffff) << 32 | std::uint64_t{quad});
    for (int k = 0; k < 4; ++k) ASSERT_EQ(bits.v[k], engine()) << "case " << i << ", word " << k;
  }
}

TEST(NaturalLog, IsWithinOneTenMillionthOfLibm) {
  double worst = 0;
  for (std::uint32_t k = 1; k < 1U << 24; k += (k < 4096 || k > (1U << 24) - 4096) ? 1 : 61) {
    const float u = static_cast<float>(k) * 0x1p-24F;
    const double exact = std::log(static_cast<double>(u));
    worst = std::max(worst, std::abs((natural_log(u) - exact) / exact));
  }
  EXPECT_LT(worst, 1e-7);
  EXPECT_EQ(natural_log(1.0F), 0.0F);
}

TEST(UnitCircle, IsWithinOneAndAHalfTenMillionthsOfLibm) {
  double worst = 0;
  for (std::uint64_t turn = 0; turn < 1ULL << 32; turn += 3989) {
    const Pair point = unit_circle(static_cast<std::uint32_t>(turn));
    const double angle = 2 * std::numbers::pi * static_cast<double>(turn) * 0x1p-32;
    worst = std::max({worst, std::abs(point.first - std::cos(angle)), std::abs(point.second - std::sin(angle))});
  }
  EXPECT_LT(worst, 1.5e-7);
}

TEST(UnitCircle, IsExactAtTheQuarterTurns) {
  const std::array<Pair, 4> expected = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
  for (std::uint32_t quarter = 0; quarter < 4; ++quarter) {
    const Pair point = unit_circle(quarter << 30);
    EXPECT_EQ(point.first, expected[quarter].first) << quarter;
    EXPECT_EQ(point.second, expected[quarter].second) << quarter;
  }
}

TEST(Normals, FollowDoublePrecisionBoxMullerFromTheMiddleToTheTails) {
  double worst = 0;
  double largest = 0;
  std::uint32_t radius = 0;
  std::uint32_t turn = 1;
  for (int i = 0; i < 1000000; ++i) {
    turn = turn * 1664525U + 1013904223U;
    radius = radius * 22695477U + 12345U;
    // A third near u = 0 (the tails), a third near u = 1 (the middle), a third anywhere.
    const std::uint32_t bits = i % 3 == 0 ? radius >> 16 : i % 3 == 1 ? ~(radius >> 16) : radius;
    const double u = (static_cast<double>(bits >> 8) + 1) * 0x1p-24;
    const double r = std::sqrt(-2 * std::log(u));
    const double angle = 2 * std::numbers::pi * static_cast<double>(turn) * 0x1p-32;
    const Pair pair = normals_of(bits, turn);
    worst = std::max({worst, std::abs(pair.first - r * std::cos(angle)), std::abs(pair.second - r * std::sin(angle))});
    largest = std::max<double>(largest, std::abs(pair.first));
  }
  EXPECT_LT(worst, 1.2e-6);
  EXPECT_GT(largest, 5.7);
  EXPECT_LT(largest, 5.77);
}

TEST(Reflect, FoldsAnyPointOntoTheTriangleWave) {
  for (const double exact :
       {-1.0, -0.3, 0.0, 1e-30, 0.7, 1.0, 1.25, -1.25, 2.5, 3.0, 3.25, -7.75, 101.5, -1001.25, 65537.5}) {
    const double phase = std::fmod(std::fmod(exact + 1, 4.0) + 4.0, 4.0);
    const double expected = std::abs(exact) <= 1 ? exact : 1 - std::abs(phase - 2);
    EXPECT_FLOAT_EQ(reflect(static_cast<float>(exact)), static_cast<float>(expected)) << exact;
  }
}

TEST(Reflect, NeverLeavesTheIntervalAndKeepsInnerPointsExactly) {
  for (float x = 1.0F; x < 1e30F; x = std::nextafter(x * 1.0005F, 1e31F)) {
    EXPECT_LE(std::abs(reflect(x)), 1.0F) << x;
    EXPECT_LE(std::abs(reflect(-x)), 1.0F) << x;
    EXPECT_EQ(reflect(1.0F / x), 1.0F / x);
    EXPECT_EQ(reflect(-1.0F / x), -1.0F / x);
  }
  EXPECT_LE(std::abs(reflect(std::nextafter(3.0F, 0.0F))), 1.0F);
}

TEST(Reflect, TreatsBothEndsAlike) {
  for (float x = 1.0F; x < 0x1p22F; x = std::nextafter(x * 1.0005F, 1e31F)) EXPECT_EQ(reflect(-x), -reflect(x)) << x;
}

TEST(Boundaries, LetNotANumberThrough) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(clamp_to(nan, 1.0F)));
  EXPECT_TRUE(std::isnan(reflect(nan)));
  EXPECT_EQ(clamp_to(std::numeric_limits<float>::infinity(), 1.0F), 1.0F);
}

}  // namespace
}  // namespace cebm::kernels
