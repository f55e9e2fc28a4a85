// Some of the images that a network has memory for.
#pragma once

#include <cstdint>

namespace cebm::kernels::cpu {

struct ImageRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

}  // namespace cebm::kernels::cpu
