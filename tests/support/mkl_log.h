// What MKL says about the products that it computes.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace cebm {

/// MKL's lines about the calls that `work` makes, one each, such as "MKL_VERBOSE SGEMM(...) 9us CNR:AUTO ... NThr:1";
/// empty where LibTorch was built without MKL.
inline std::string mkl_log(const std::function<void()>& work) {
  const auto verbose = reinterpret_cast<int (*)(int)>(dlsym(RTLD_DEFAULT, "MKL_Verbose"));
  if (verbose == nullptr) return {};
  verbose(1);
  testing::internal::CaptureStdout();
  work();
  std::string log = testing::internal::GetCapturedStdout();
  verbose(0);
  return log;
}

}  // namespace cebm
