// The number format bfloat16. Data only: files that are compiled for newer processors include it.
#pragma once

#include <cstdint>

namespace cebm::kernels {

/// Upper 16 bits of a float32.
struct Bfloat16 {
  std::uint16_t bits;
};

}  // namespace cebm::kernels
