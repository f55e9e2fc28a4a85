/// Devices by name, and what the program was built with.
#pragma once

#include <torch/types.h>

#include <string>

namespace cebm {

/// "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:n". Throws ConfigError for anything else, for a GPU
/// that does not exist, and for cuda in a program built without it. A GPU also becomes the calling thread's current
/// one, and float32 comes to mean IEEE float32 in all of the process's convolutions and matrix products there, as on
/// the CPU; LibTorch's default rounds to TensorFloat-32.
torch::Device parse_device(const std::string& name);

/// True where the CUDA back end was compiled in.
bool built_with_cuda();

/// One line for logs: "CPU, 2 threads" or "NVIDIA H100, compute capability 9.0".
std::string describe_device(torch::Device device);

}  // namespace cebm
