// Checksum of an array's file.
#pragma once

#include <torch/types.h>

#include <string>

namespace cebm {

/// SHA-256 of the file that write_npy would write, whatever another process has put under its name meanwhile.
std::string sha256_of_npy(const torch::Tensor& tensor);

}  // namespace cebm
