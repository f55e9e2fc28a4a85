#include <algorithm>
#include <cmath>

#include "cuda_on_cpu/device_kernels_test.h"

namespace cebm::kernels {
namespace {

TEST_P(DeviceKernelsOnCpu, ComputeActivationsAsTheirBodiesDo) {
  for (const Nonlinearity kind : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
    for (const std::int64_t channels : {1, 6, 64, 1500}) {
      for_both_formats([&](auto sum) {
        for_both_formats([&](auto value) {
          using Sum = decltype(sum);
          using Value = decltype(value);
          const std::int64_t positions = channels > 64 ? 5 : 103;
          const ActivationPass pass{.positions = {positions, channels},
                                    .kind = kind,
                                    .slope = 0.2F,
                                    .sums_format = format_of<Sum>(),
                                    .values_format = format_of<Value>()};
          const std::size_t size = size_of(positions * channels);
          Guarded<Sum> sums = rounded<Sum>(normals(size));
          const Numbers bias = normals(size_of(channels));
          Guarded<Value> values(size);
          Guarded<Sum> there = sums;
          Guarded<Value> there_values = values;
          host_activate(pass, sums.data(), bias.data(), values.data(), nullptr);
          device().activate(pass, there.data(), bias.data(), there_values.data(), nullptr);
          EXPECT_EQ(there_values, values);
          EXPECT_EQ(there, sums);
          const Guarded<Value> gradient = rounded<Value>(normals(size));
          const void* const kept =
              keeps_values(kind) ? static_cast<const void*>(values.data()) : static_cast<const void*>(sums.data());
          Guarded<Sum> result(size);
          Guarded<Sum> there_result(size);
          host_pull_back(pass, gradient.data(), kept, result.data(), nullptr);
          device().pull_back(pass, gradient.data(), kept, there_result.data(), nullptr);
          EXPECT_EQ(there_result, result);
        });
      });
    }
  }
}

TEST_P(DeviceKernelsOnCpu, MultiplyAndActivateAsPlainLoopsDo) {
  for (const Nonlinearity kind : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
    for (const auto& [m, k, n] : std::vector<std::array<std::int64_t, 3>>{{5, 7, 3}, {16, 32, 16}, {33, 40, 50}}) {
      const Numbers a = normals(size_of(m * k));
      const Numbers b = normals(size_of(k * n));
      const Numbers bias = normals(size_of(n));
      const Numbers kept = normals(size_of(m * n));
      Numbers values(kept.size()), slopes(kept.size()), pulled(kept.size());
      const Product product{m, k, n, a.data(), b.data(), kind, 0.2F};
      device().product_activate(product, bias.data(), values.data(), slopes.data(), nullptr);
      device().product_pull_back(product, kept.data(), Precision::float32, pulled.data(), Precision::float32, nullptr);
      Guarded<Bfloat16> narrow(kept.size());
      device().product_pull_back(product, kept.data(), Precision::float32, narrow.data(), Precision::bfloat16, nullptr);
      for (std::int64_t i = 0; i < m * n; ++i) {
        float sum = 0.0F;
        for (std::int64_t j = 0; j < k; ++j) sum = std::fma(a[size_of(i / n * k + j)], b[size_of(j * n + i % n)], sum);
        const float v = sum + bias[size_of(i % n)];
        const Curved at_v = kind == Nonlinearity::silu ? curved<Nonlinearity::silu>(v, 0.2F)
                                                       : curved<Nonlinearity::leaky_relu>(v, 0.2F);
        ASSERT_EQ(values[size_of(i)], at_v.value);
        ASSERT_EQ(slopes[size_of(i)], kind == Nonlinearity::silu ? at_v.slope : 0.0F);
        const float slope = kind == Nonlinearity::silu ? kept[size_of(i)] : kept[size_of(i)] > 0.0F ? 1.0F : 0.2F;
        ASSERT_EQ(pulled[size_of(i)], sum * slope);
        Bfloat16 rounded_sum;
        assign(rounded_sum, sum * slope);
        ASSERT_EQ(narrow[size_of(i)].bits, rounded_sum.bits);
      }
    }
  }
}

}  // namespace
}  // namespace cebm::kernels
