// CUDA queries at run time for code without CUDA headers; without CUDA compiled in, there are no devices.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace cebm::kernels::cuda {

/// CUDA versions of the build and at run time: "CUDA 13.2, run time 13.2, driver for 13.0"; or "no CUDA".
std::string versions();
/// GPUs that can be used now; 0 without a driver.
int device_count();
/// For example "NVIDIA H100, compute capability 9.0".
std::string device_name(int device);
/// Makes `device` the calling thread's current device, so that nothing is initialised on another one.
void use_device(int device);
/// LibTorch's current stream of a device, a cudaStream_t.
void* current_stream(int device);

/// The peak increase of a device's allocated memory while the work runs, in bytes.
std::int64_t memory_of(int device, const std::function<void()>& work);

}  // namespace cebm::kernels::cuda
