// Tests that need a GPU derive from this, and are skipped where there is none.
#pragma once

#include <cebm/device.h>
#include <gtest/gtest.h>

namespace cebm {

class GpuTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!device_.is_cuda()) GTEST_SKIP() << "skipped: no GPU";
  }

  const torch::Device device_ = parse_device("auto");
};

}  // namespace cebm
