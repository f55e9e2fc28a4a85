// Launches of kernels: run at once, counted, or recorded as a graph of CUDA's would be.
#pragma once

#include <cstdint>
#include <functional>

#include "cuda_on_cpu/dim3.h"

namespace cuda_on_cpu {

using Launch = std::function<void()>;

/// What every device since compute capability 3.0 can be asked for.
bool within_limits(dim3 grid, dim3 block);

/// A launch that was accepted.
void submit(Launch launch);

/// How many launches were accepted so far, recorded ones among them; replays are not counted.
std::int64_t launches();

/// From now on launches are recorded instead of run. Throws std::logic_error if they are already.
void begin_recording();
/// Ends the recording; its replay runs what was recorded. Throws std::logic_error if none is under way.
std::function<void()> end_recording();
bool is_recording();

}  // namespace cuda_on_cpu
