#include <algorithm>

#include "cuda_on_cpu/device_kernels_test.h"
#include "cuda_on_cpu/launches.h"

namespace cebm::kernels {
namespace {

class FewBlocksOnCpu : public DeviceKernelsOnCpu {};
INSTANTIATE_TEST_SUITE_P(Orders, FewBlocksOnCpu, testing::Values(1));

/// Rows [B, ...] of which each block has to take more than one.
constexpr std::int64_t kManyRows = 517;

TEST_P(FewBlocksOnCpu, GoOnToTheNextRowWhereBlocksAreFewer) {
  const auto ids = chains(kManyRows);
  const Rows rows{kManyRows, 40};  // more than a warp's
  const Numbers gradient = normals(size_of(40 * kManyRows));
  Numbers scale(size_of(kManyRows));
  device().norm_clip(gradient.data(), rows, 1.0, scale.data(), nullptr);
  const LangevinStep update{.half_step = 0.1F, .noise = 0.5F, .boundary = Boundary::reject};
  Numbers here(gradient.size());
  Numbers there(gradient.size());
  cpu::langevin_update(here.data(), gradient.data(), {}, rows, counter(ids), update);
  device().langevin_update(there.data(), gradient.data(), {}, rows, counter(ids), update, nullptr, nullptr);
  EXPECT_EQ(there, here);
  Numbers natural(4);
  natural[1] = natural[3] = -0.5F;
  natural[2] = 1.0F;
  const Numbers offsets(2);
  const Numbers sums = normals(size_of(2 * kManyRows));
  const Numbers bias(2);
  Numbers of_heads(sums.size());
  Numbers of_linear(sums.size());
  const ConjugateHead head{.components = 2, .dims = 1, .natural = natural.data(), .offsets = offsets.data()};
  device().conjugate_head(head, sums.data(), bias.data(), kManyRows, of_heads.data(), nullptr);
  device().linear_head({Nonlinearity::leaky_relu, 0.2F, natural.data()}, sums.data(), bias.data(), {kManyRows, 2},
                       of_linear.data(), nullptr);
  for (std::size_t b = 0; b < size_of(kManyRows); b += b < 8 ? 1 : 43) {
    const std::span row = gradient.numbers().subspan(40 * b, 40);
    double squares = 0.0;
    for (const float number : row) squares += std::pow(number, 2.0);
    ASSERT_NEAR(scale[b], std::min(1.0, 1.0 / std::sqrt(squares)), 1e-6);
    Numbers alone(2);
    device().conjugate_head(head, sums.data() + 2 * b, bias.data(), 1, alone.data(), nullptr);
    ASSERT_EQ(of_heads[2 * b], alone[0]) << b;
    ASSERT_EQ(of_heads[2 * b + 1], alone[1]) << b;
    ASSERT_EQ(of_linear[2 * b + 1], -0.5F * (sums[2 * b + 1] > 0.0F ? 1.0F : 0.2F));
  }
}

TEST_P(FewBlocksOnCpu, GoOnToTheNextTileWhereBlocksAreFewer) {
  constexpr std::int64_t positions = 1050000;
  Numbers sums(positions);
  for (std::size_t i = 0; i < positions; ++i) sums[i] = static_cast<float>(i % 7) - 3.0F;
  const Numbers bias(1);
  const ActivationPass pass{.positions = {positions, 1}, .slope = 0.5F};
  device().activate(pass, sums.data(), bias.data(), sums.data(), nullptr);
  for (std::size_t i = 0; i < positions; ++i) {
    const float sum = static_cast<float>(i % 7) - 3.0F;
    ASSERT_EQ(sums[i], sum > 0.0F ? sum : 0.5F * sum) << i;
  }
  constexpr std::int64_t rows = 16 * 512 + 5;
  const Numbers a = normals(rows);
  const Numbers b = normals(1);
  Numbers values(rows);
  device().product_activate({rows, 1, 1, a.data(), b.data(), Nonlinearity::leaky_relu, 1.0F}, bias.data(),
                            values.data(), nullptr, nullptr);
  for (std::size_t i = 0; i < size_of(rows); ++i) ASSERT_EQ(values[i], a[i] * b[0]) << i;
}

TEST_P(DeviceKernelsOnCpu, DoNothingForNoRows) {
  const DeviceKernels& all = device();
  const std::int64_t before = cuda_on_cpu::launches();
  all.fill_normal(nullptr, {0, 4}, {}, nullptr);
  all.langevin_update(nullptr, nullptr, {}, {0, 4}, {}, {.boundary = Boundary::reject}, nullptr, nullptr);
  all.norm_clip(nullptr, {0, 4}, 1.0, nullptr, nullptr);
  all.activate({.positions = {0, 4}}, nullptr, nullptr, nullptr, nullptr);
  all.first_layer_forward({.outputs = 4}, nullptr, nullptr, nullptr, nullptr);
  all.first_layer_backward({.outputs = 4}, nullptr, nullptr, nullptr, nullptr);
  all.conjugate_head({.dims = 4}, nullptr, nullptr, 0, nullptr, nullptr);
  all.linear_head({}, nullptr, nullptr, {0, 4}, nullptr, nullptr);
  all.product_pull_back({.inner = 4, .columns = 4}, nullptr, Precision::float32, nullptr, Precision::float32, nullptr);
  EXPECT_EQ(cuda_on_cpu::launches(), before);
}

}  // namespace
}  // namespace cebm::kernels
