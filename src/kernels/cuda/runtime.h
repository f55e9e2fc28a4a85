// What the device-free code needs to know of CUDA at run time; answers "no GPU" where CUDA was not compiled in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace cebm::kernels::cuda {

/// Of what the program was built with and of what it finds: "CUDA 13.2, run time 13.2, driver for 13.0"; "no CUDA".
std::string versions();
/// GPUs that can be used now; 0 without a driver.
int device_count();
/// For example "NVIDIA H100, compute capability 9.0".
std::string device_name(int device);
/// Makes it the calling thread's current device, so that nothing is set up on another one.
void use_device(int device);
/// LibTorch's current stream of a device, a cudaStream_t.
void* current_stream(int device);

/// How much more of a device's memory is in use while the work runs than before, at most, in bytes.
std::int64_t memory_of(int device, const std::function<void()>& work);

}  // namespace cebm::kernels::cuda
