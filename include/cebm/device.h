/// Devices by name, and what the program was built with.
#pragma once

#include <torch/types.h>

#include <string>

namespace cebm {

/// "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:n". Throws ConfigError for anything else, for a GPU
/// that does not exist, and for cuda in a program built without it. Choosing a GPU has side effects: it becomes the
/// calling thread's current device, and all convolutions and matrix products of the process on GPUs become
/// deterministic and use IEEE float32, as on the CPU, instead of LibTorch's default, TensorFloat-32.
torch::Device parse_device(const std::string& name);

/// True where the CUDA back end was compiled in.
bool built_with_cuda();

/// One line for logs: "CPU, 2 threads" or "NVIDIA H100, compute capability 9.0".
std::string describe_device(torch::Device device);

}  // namespace cebm
