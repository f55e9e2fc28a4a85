#include "kernels/cuda/runtime.h"

#include <ATen/cuda/CUDAContextLight.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

namespace cebm::kernels::cuda {

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

}  // namespace cebm::kernels::cuda
