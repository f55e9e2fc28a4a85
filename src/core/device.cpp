#include <ATen/Parallel.h>
#include <cebm/device.h>
#include <cebm/errors.h>

#include <charconv>

#include "core/deterministic.h"
#include "core/ieee_float32.h"
#include "kernels/cuda/runtime.h"
#include "kernels/kernels.h"

namespace cebm {

namespace {

torch::Device gpu(int index, const std::string& name) {
  if (!built_with_cuda()) throw ConfigError("device '" + name + "': this program was built without CUDA");
  const int count = kernels::cuda::device_count();
  if (index >= count) {
    throw ConfigError("device '" + name + "': expected a GPU number below " + std::to_string(count) +
                      (count == 0 ? " (no usable GPU was found)" : ""));
  }
  use_ieee_float32();
  use_deterministic_products();
  kernels::cuda::use_device(index);
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

torch::Device parse_device(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  if (name == "auto") return kernels::cuda::device_count() > 0 ? gpu(0, name) : torch::Device(torch::kCPU);
  if (name == "cuda") return gpu(0, name);
  if (name.starts_with("cuda:")) {
    int index = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + 5, end, index);
    if (error == std::errc() && stop == end && index >= 0) return gpu(index, name);
  }
  throw ConfigError("device: expected auto, cpu, cuda or cuda:<number>, found '" + name + "'");
}

bool built_with_cuda() { return kernels::cuda::compiled(); }

std::string describe_device(torch::Device device) {
  if (device.is_cuda()) return kernels::cuda::device_name(device.has_index() ? device.index() : 0);
  const int threads = at::get_num_threads();
  return "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace cebm
