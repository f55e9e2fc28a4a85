// The gradient of an energy's head as loops over float32 numbers in the CPU's memory.
#pragma once

#include <cebm/energy_plan.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace cebm {

class HeadLoops {
 public:
  virtual ~HeadLoops() = default;
  /// dE/do of dense rows [rows, features]; row 0 belongs to image first_row of the batch. `scratch` has room for
  /// scratch_size() numbers.
  virtual void gradient(const float* outputs, std::int64_t first_row, std::int64_t rows, std::int64_t features,
                        float* result, float* scratch) const = 0;
  virtual std::size_t scratch_size() const { return 0; }
  /// Whether gradient() uses the head's tensor operations, for want of a loop.
  virtual bool through_tensors() const { return false; }
};

/// Loops for the head's present parameters; fall back to its tensor operations if there are none for its form.
std::unique_ptr<HeadLoops> head_loops(std::shared_ptr<const EnergyHead> head);

}  // namespace cebm
