#include "kernels/cuda/runtime.h"

#include <ATen/cuda/CUDAContextLight.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include "kernels/kernels.h"

namespace cebm::kernels::cuda {

namespace {

/// 13020 is 13.2.
std::string text_of(int version) { return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10); }

}  // namespace

bool compiled() { return true; }

std::string versions() {
  int run_time = 0;
  int driver = 0;
  const bool has_run_time = cudaRuntimeGetVersion(&run_time) == cudaSuccess;
  const bool has_driver = cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0;
  return "CUDA " + text_of(CUDART_VERSION) + ", run time " + (has_run_time ? text_of(run_time) : "not found") +
         (has_driver ? ", driver for " + text_of(driver) : ", no driver");
}

int device_count() { return c10::cuda::device_count(); }

std::string device_name(int device) {
  const cudaDeviceProp& properties = *at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(device));
  return std::string(properties.name) + ", compute capability " + std::to_string(properties.major) + "." +
         std::to_string(properties.minor);
}

void use_device(int device) { c10::cuda::set_device(static_cast<c10::DeviceIndex>(device)); }

void* current_stream(int device) {
  return c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).stream();
}

std::int64_t memory_of(int device, const std::function<void()>& work) {
  namespace allocator = c10::cuda::CUDACachingAllocator;
  constexpr std::size_t kAll = 0;  // large and small blocks
  const auto index = static_cast<c10::DeviceIndex>(device);
  allocator::resetPeakStats(index);
  const std::int64_t before = allocator::getDeviceStats(index).allocated_bytes[kAll].current;
  work();
  return allocator::getDeviceStats(index).allocated_bytes[kAll].peak - before;
}

}  // namespace cebm::kernels::cuda
