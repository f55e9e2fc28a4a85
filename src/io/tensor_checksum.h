// Checksums of tensors.
#pragma once

#include <torch/types.h>

#include <string>

namespace cebm {

/// SHA-256 of the values in logical order, whatever the memory format.
std::string checksum(const torch::Tensor& tensor);

}  // namespace cebm
