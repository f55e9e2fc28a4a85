// The memory of a layer's activations.
#pragma once

#include <cstdint>

#include "kernels/cpu/aligned_array.h"

namespace cebm::kernels::cpu {

/// A layer's output and what the backward pass needs of it.
template <class Number>
struct LayerMemory {
  LayerMemory(std::int64_t numbers, bool keeps_derivative)
      : values(static_cast<std::size_t>(numbers)),
        derivatives(static_cast<std::size_t>(keeps_derivative ? numbers : 0)) {}

  AlignedArray<Number> values;
  AlignedArray<Number> derivatives;  ///< of activations whose derivative the values do not tell
};

}  // namespace cebm::kernels::cpu
