#include "core/mkl.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "support/mkl_log.h"

namespace cebm::mkl {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Mkl, ItsModeIsTheStrictestThatItHasForTheProcessor) {
  EXPECT_STREQ(reproducible_mode({.intel = true, .avx2 = true, .avx512 = true}), "AVX512,STRICT");
  EXPECT_STREQ(reproducible_mode({.intel = true, .avx2 = true, .avx512 = false}), "AVX2,STRICT");
  EXPECT_STREQ(reproducible_mode({.intel = true, .avx2 = false, .avx512 = false}), "AUTO");
  EXPECT_STREQ(reproducible_mode({.intel = false, .avx2 = true, .avx512 = true}), "AUTO");
}

TEST(Mkl, IsInAReproducibleModeAtTheFirstProduct) {
  ASSERT_NE(std::getenv("MKL_CBWR"), nullptr);
  const std::string log = mkl_log([] { at::mm(at::ones({8, 100}), at::ones({100, 9})); });
  if (log.empty()) GTEST_SKIP() << "LibTorch without MKL";
  EXPECT_THAT(log, HasSubstr("CNR:"));
  EXPECT_THAT(log, Not(HasSubstr("CNR:OFF")));
}

TEST(Mkl, ComputesOnOneThreadWhereItIsAskedTo) {
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  const auto product = [] { at::mm(at::ones({64, 500}), at::ones({500, 64})); };
  const std::string before = mkl_log(product);
  const std::string alone = mkl_log([&] {
    const OneThread here;
    product();
  });
  const std::string after = mkl_log(product);
  at::set_num_threads(threads);
  if (before.empty()) GTEST_SKIP() << "LibTorch without MKL";
  EXPECT_THAT(before, HasSubstr("NThr:3"));
  EXPECT_THAT(alone, HasSubstr("NThr:1"));
  EXPECT_THAT(after, HasSubstr("NThr:3"));
}

}  // namespace
}  // namespace cebm::mkl
