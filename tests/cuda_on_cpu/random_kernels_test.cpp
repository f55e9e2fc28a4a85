#include <algorithm>
#include <limits>
#include <stdexcept>

#include "cuda_on_cpu/device_kernels_test.h"

namespace cebm::kernels {
namespace {

INSTANTIATE_TEST_SUITE_P(Orders, DeviceKernelsOnCpu, testing::Values(0, 1));

constexpr std::int64_t kLengths[] = {1, 3, 4, 10, 31, 784, 1023, 3072};

TEST_P(DeviceKernelsOnCpu, FillTheSameNumbersAsTheCpu) {
  for (const std::int64_t length : kLengths) {
    for (const std::size_t shift : {0, 1}) {
      const auto ids = chains(3);
      const Rows rows{3, length};
      Numbers here(size_of(3 * length), shift);
      Numbers there = here;
      cpu::fill_normal(here.data(), rows, counter(ids));
      device().fill_normal(there.data(), rows, counter(ids), nullptr);
      EXPECT_EQ(there, here) << "normal, length " << length;
      cpu::fill_uniform(here.data(), rows, counter(ids), -1.0F, 1.0F);
      device().fill_uniform(there.data(), rows, counter(ids), -1.0F, 1.0F, nullptr);
      EXPECT_EQ(there, here) << "uniform, length " << length;
    }
  }
}

TEST_P(DeviceKernelsOnCpu, FillMoreRowsThanAGridHas) {
  const auto ids = chains(70001);
  Numbers here(size_of(70001 * 6));
  Numbers there = here;
  cpu::fill_normal(here.data(), {70001, 6}, counter(ids));
  device().fill_normal(there.data(), {70001, 6}, counter(ids), nullptr);
  EXPECT_EQ(there, here);
}

TEST_P(DeviceKernelsOnCpu, MoveRowsAsTheCpuDoes) {
  constexpr std::int64_t count = 5;
  for (const std::int64_t length : kLengths) {
    for (const std::size_t shift : {0, 1}) {
      const auto ids = chains(count);
      const Numbers gradient = normals(size_of(count * length), shift);
      Numbers x = normals(size_of(count * length), shift);
      for (float& pixel : x.numbers()) pixel = std::clamp(0.3F * pixel, -1.0F, 1.0F);
      const Numbers factors = normals(size_of(count));
      for (const Boundary boundary : {Boundary::none, Boundary::clamp, Boundary::reflect, Boundary::reject}) {
        const LangevinStep update{.half_step = 0.3F, .noise = 0.2F, .clip = 1.0F, .boundary = boundary};
        const RowFactors of_rows{length % 2 == 0 ? factors.data() : nullptr, shift == 0 ? factors.data() : nullptr};
        Numbers here = x;
        Numbers there = x;
        const Counter now = counter(ids);
        cpu::langevin_update(here.data(), gradient.data(), of_rows, {count, length}, now, update);
        device().langevin_update(there.data(), gradient.data(), of_rows, {count, length}, now, update, nullptr,
                                 nullptr);
        EXPECT_EQ(there, here) << length;
        // The same step as number 2 of a series in the device's memory.
        StepSeries series{.seed = now.seed, .first_step = now.step - 2};
        series.sizes[2] = {update.half_step, update.noise, update.clip};
        Guarded<StepSeries> held(1);
        device().set_series(held.data(), series, nullptr);
        Counter second = now;
        second.seed = 0;
        second.step = 2;
        Numbers replayed = x;
        device().langevin_update(replayed.data(), gradient.data(), of_rows, {count, length}, second,
                                 {.boundary = boundary}, nullptr, held.data());
        EXPECT_EQ(replayed, here) << length;
      }
    }
  }
}

TEST_P(DeviceKernelsOnCpu, LeaveAnImageThatAnyPixelWouldTakeOutOfTheBox) {
  constexpr std::int64_t length = 1500;  // more than the threads of a block look at in one pass
  for (const std::int64_t pixel : {std::int64_t{0}, std::int64_t{1021}, length - 1}) {
    const auto ids = chains(2);
    Numbers x(size_of(2 * length));
    Numbers gradient(size_of(2 * length));
    gradient[size_of(pixel)] = 100.0F;
    gradient[size_of(length + pixel)] = 1.0F;
    device().langevin_update(x.data(), gradient.data(), {}, {2, length}, counter(ids),
                             {.half_step = 0.5F, .boundary = Boundary::reject}, nullptr, nullptr);
    EXPECT_EQ(x[size_of(pixel)], 0.0F);
    EXPECT_EQ(x[size_of(length + pixel)], -0.5F);
  }
}

TEST_P(DeviceKernelsOnCpu, ClipByTheNormOfEachRow) {
  for (const std::int64_t length : {1, 31, 256, 784, 3072}) {
    constexpr std::int64_t count = 7;
    const Numbers rows = normals(size_of(count * length));
    Numbers scale(size_of(count));
    device().norm_clip(rows.data(), {count, length}, 0.5, scale.data(), nullptr);
    for (std::int64_t b = 0; b < count; ++b) {
      double squares = 0.0;
      for (std::int64_t i = 0; i < length; ++i) squares += std::pow(rows[size_of(b * length + i)], 2.0);
      const double expected = std::min(1.0, 0.5 / std::sqrt(squares));
      EXPECT_NEAR(scale[size_of(b)], expected, 1e-6 * expected) << length;
    }
  }
}

}  // namespace
}  // namespace cebm::kernels
