// The device's activation kernels, their bodies run on the CPU, against LibTorch in float64.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <array>
#include <cmath>
#include <limits>

#include "kernels/arithmetic.h"
#include "support/host_activation.h"
#include "support/numeric.h"

namespace cebm::kernels {
namespace {

torch::ScalarType type_of(Precision precision) {
  return precision == Precision::bfloat16 ? torch::kBFloat16 : torch::kFloat;
}

struct PassCase {
  Nonlinearity kind;
  float slope;
  Precision sums;
  Precision values;
  std::int64_t channels;
};

std::vector<PassCase> cases() {
  std::vector<PassCase> all;
  for (const auto& [curve, slope] : {std::pair{Nonlinearity::silu, 0.0F},
                                     {Nonlinearity::leaky_relu, 0.2F},
                                     {Nonlinearity::leaky_relu, 0.0F},
                                     {Nonlinearity::leaky_relu, 1.0F}}) {
    for (const Precision sums : {Precision::float32, Precision::bfloat16}) {
      for (const Precision values : {Precision::float32, Precision::bfloat16}) {
        for (const std::int64_t channels : {1, 6, 7, 9, 64}) all.push_back({curve, slope, sums, values, channels});
      }
    }
  }
  return all;
}

torch::Tensor exact_value(const PassCase& which, const torch::Tensor& v) {
  return which.kind == Nonlinearity::silu ? at::silu(v) : at::leaky_relu(v, which.slope);
}

class ActivationKernels : public testing::TestWithParam<PassCase> {
 protected:
  static constexpr std::int64_t kPositions = 11;

  void SetUp() override {
    at::manual_seed(3);
    const PassCase& which = GetParam();
    pass_ = {.positions = {kPositions, which.channels},
             .kind = which.kind,
             .slope = which.slope,
             .sums_format = which.sums,
             .values_format = which.values};
    sums_ = (torch::randn({kPositions, which.channels}) * 3).to(type_of(which.sums));
    bias_ = torch::randn({which.channels});
    exact_ = (sums_.to(torch::kDouble) + bias_.to(torch::kDouble));
  }

  /// Rounding of one number of that format, relative to the largest.
  static double precision_of(Precision precision) { return precision == Precision::bfloat16 ? 1.0 / 256 : 1e-6; }

  ActivationPass pass_;
  torch::Tensor sums_;
  torch::Tensor bias_;
  torch::Tensor exact_;  ///< sums + bias
};

TEST_P(ActivationKernels, GiveTheActivationAndPullAGradientBack) {
  const PassCase& which = GetParam();
  torch::Tensor values = torch::empty_like(sums_, type_of(which.values));
  host_activate(pass_, sums_.data_ptr(), bias_.const_data_ptr<float>(), values.data_ptr(), nullptr);
  EXPECT_LT(relative_error(values, exact_value(which, exact_)), precision_of(which.values));

  const torch::Tensor gradient = torch::randn({kPositions, which.channels}).to(type_of(which.values));
  const torch::Tensor expected = autograd_gradient(
      [&](const torch::Tensor& v) { return (exact_value(which, v) * gradient.to(torch::kDouble)).sum(); }, exact_);
  torch::Tensor result = torch::empty_like(sums_);
  const torch::Tensor& kept = keeps_values(which.kind) ? values : sums_;
  host_pull_back(pass_, gradient.const_data_ptr(), kept.const_data_ptr(), result.data_ptr(), nullptr);
  EXPECT_LT(relative_error(result, expected), 2 * precision_of(which.sums));
}

TEST_P(ActivationKernels, WorkInPlaceWhereTheyMay) {
  const PassCase& which = GetParam();
  if (which.sums != which.values || !keeps_values(which.kind)) return;
  torch::Tensor in_place = sums_.clone();
  torch::Tensor values = torch::empty_like(sums_);
  host_activate(pass_, sums_.data_ptr(), bias_.const_data_ptr<float>(), values.data_ptr(), nullptr);
  host_activate(pass_, in_place.data_ptr(), bias_.const_data_ptr<float>(), in_place.data_ptr(), nullptr);
  EXPECT_TRUE(at::equal(in_place, values));
  torch::Tensor gradient = torch::randn({kPositions, which.channels}).to(type_of(which.values));
  torch::Tensor result = torch::empty_like(sums_);
  host_pull_back(pass_, gradient.const_data_ptr(), values.const_data_ptr(), result.data_ptr(), nullptr);
  host_pull_back(pass_, gradient.const_data_ptr(), values.const_data_ptr(), gradient.data_ptr(), nullptr);
  EXPECT_TRUE(at::equal(gradient, result));
}

INSTANTIATE_TEST_SUITE_P(Passes, ActivationKernels, testing::ValuesIn(cases()));

TEST(ActivationKernel, TakesMemoryThatNoQuadIsAlignedTo) {
  const torch::Tensor memory = torch::randn({5 * 8 + 1});
  const torch::Tensor shifted = memory.narrow(0, 1, 40);
  const torch::Tensor bias = torch::zeros({8});
  torch::Tensor values = torch::empty({40});
  const ActivationPass pass{.positions = {5, 8}, .kind = Nonlinearity::leaky_relu, .slope = 0.5F};
  host_activate(pass, shifted.data_ptr(), bias.const_data_ptr<float>(), values.data_ptr(), nullptr);
  EXPECT_TRUE(at::equal(values, at::leaky_relu(shifted, 0.5)));
}

TEST(ActivationKernel, SaturatesWithoutBecomingNotANumber) {
  for (const float v : {-1e30F, -1000.0F, -100.0F, -88.8F, 88.8F, 100.0F, 1e30F}) {
    const Curved point = curved<Nonlinearity::silu>(v, 0.0F);
    EXPECT_FLOAT_EQ(point.value, v > 0 ? v : 0.0F) << v;
    EXPECT_NEAR(point.slope, v > 0 ? 1.0F : 0.0F, 1e-30F) << v;
  }
}

TEST(Bfloat16, IsRoundedAsLibTorchDoes) {
  for (std::uint64_t bits = 0; bits < 1ULL << 32; bits += 10007) {
    const float value = float_of(static_cast<std::uint32_t>(bits));
    Bfloat16 rounded{};
    assign(rounded, value);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(widened(rounded)));
    } else {
      ASSERT_EQ(widened(rounded), static_cast<float>(c10::BFloat16(value))) << bits;
    }
  }
}

TEST(Quads, AtTheEndOfARowTouchNothingElse) {
  std::array<float, 8> row;
  row.fill(7.0F);
  store_quad<false>(row.data(), 1, 6, {1, 2, 3, 4});
  EXPECT_EQ(row, (std::array<float, 8>{7, 7, 7, 7, 1, 2, 7, 7}));
  const Quad<float> read = load_quad<false>(row.data(), 1, 6);
  EXPECT_EQ(read.b, 2.0F);
  EXPECT_EQ(read.c, 0.0F);
}

TEST(StepSeries, MakesALaunchContinueWhereAnotherEnded) {
  const std::int64_t chain = 17;
  StepSeries series{.seed = 0xfedcba9876543210ULL, .first_step = (1ULL << 40) + 5};
  series.sizes[3] = {1.0F, 2.0F, 3.0F};
  const Counter frozen{.seed = 0, .stream = 7, .step = 3, .chains = &chain};
  const Counter direct{.seed = series.seed, .stream = 7, .step = series.first_step + 3, .chains = &chain};
  const PlacedStep placed = placed_in(&series, frozen, {.boundary = Boundary::clamp});
  const philox4x32_ctr_t a = random_quad(row_key(placed.counter, 0), 11);
  const philox4x32_ctr_t b = random_quad(row_key(direct, 0), 11);
  for (int k = 0; k < 4; ++k) EXPECT_EQ(a.v[k], b.v[k]);
  EXPECT_EQ(placed.update, (LangevinStep{1.0F, 2.0F, 3.0F, Boundary::clamp}));
  EXPECT_EQ(placed_in(nullptr, frozen, {}).counter.step, 3U);
}

TEST(ClipFactor, ShortensLongVectorsOnly) {
  EXPECT_FLOAT_EQ(clip_factor(25.0, 2.0), 0.4F);
  EXPECT_EQ(clip_factor(25.0, 5.0), 1.0F);
  EXPECT_EQ(clip_factor(25.0, 7.0), 1.0F);
  EXPECT_EQ(clip_factor(0.0, 1.0), 1.0F);
  EXPECT_EQ(clip_factor(std::numeric_limits<double>::infinity(), 1.0), 0.0F);
}

}  // namespace
}  // namespace cebm::kernels
