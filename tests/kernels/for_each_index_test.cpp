#include "kernels/cpu/for_each_index.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <new>

namespace cebm::kernels::cpu {
namespace {

TEST(ForEachIndex, RethrowsWhatACallThrowsOnceAllHaveEnded) {
  const int threads = at::get_num_threads();
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    std::atomic<int> calls = 0;
    const auto fails_in_one = [&](std::int64_t i) {
      if (i == 7) throw std::bad_alloc();
      ++calls;
    };
    EXPECT_THROW(for_each_index(100, fails_in_one), std::bad_alloc);
    EXPECT_EQ(calls, 99);
  }
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace cebm::kernels::cpu
