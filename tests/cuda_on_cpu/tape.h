// LibTorch's operations and our kernels on the CPU, recorded and replayed as a CUDA graph would be.
#pragma once

#include "engine/cuda/recorded_work.h"

namespace cebm {

/// A replay repeats the recorded operations with their recorded arguments: tensors are memory, whose present contents
/// it reads and overwrites; numbers stay as they were. Unlike a GPU, recording also does the work once. `record` throws
/// std::runtime_error for an operation that returns a number, since a GPU's host would have to wait for it.
WorkDevice tape_on_cpu();

}  // namespace cebm
