// What the tests of the device kernels share: each kernel runs on the CPU layer against the CPU's kernels or plain
// loops in the same order, and gives the same bits, but where a sum's order differs.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <type_traits>

#include "cuda_on_cpu/fibers.h"
#include "cuda_on_cpu/guarded.h"
#include "cuda_on_cpu/kernels_on_cpu.h"
#include "support/host_activation.h"

namespace cebm::kernels {

using cuda_on_cpu::Guarded;
using Numbers = Guarded<float>;

/// A test for several orders of blocks and threads.
class DeviceKernelsOnCpu : public testing::TestWithParam<std::uint64_t> {
 protected:
  const DeviceKernels& device() const { return on_cpu::kernels(); }

  Numbers normals(std::size_t count, std::size_t shift = 0) {
    Numbers all(count, shift);
    std::normal_distribution<float> normal;
    for (float& number : all.numbers()) number = normal(random_);
    return all;
  }

  Guarded<std::int64_t> chains(std::int64_t count) {
    Guarded<std::int64_t> all(static_cast<std::size_t>(count));
    for (std::int64_t& chain : all.numbers()) chain = static_cast<std::int64_t>(random_() % (1ULL << 32));
    return all;
  }

  Counter counter(const Guarded<std::int64_t>& of) const {
    return {.seed = 0x123456789abcdefULL, .stream = 7, .step = (1ULL << 40) + 3, .chains = of.data()};
  }

 private:
  std::mt19937_64 random_{1};
  const cuda_on_cpu::Order order_{GetParam()};
};

inline std::size_t size_of(std::int64_t count) { return static_cast<std::size_t>(count); }

/// Numbers of a format.
template <class Number>
Guarded<Number> rounded(const Numbers& numbers) {
  Guarded<Number> all(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) assign(all[i], numbers[i]);
  return all;
}

template <class Number>
constexpr Precision format_of() {
  return std::is_same_v<Number, float> ? Precision::float32 : Precision::bfloat16;
}

/// Calls f with a number of both formats.
template <class F>
void for_both_formats(const F& f) {
  f(float{});
  f(Bfloat16{});
}

}  // namespace cebm::kernels
