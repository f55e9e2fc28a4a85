// Checksums of tensors.
#pragma once

#include <cebm/state.h>
#include <torch/types.h>

#include <string>

namespace cebm {

/// SHA-256 of the values in logical order, whatever the memory format.
std::string checksum(const torch::Tensor& tensor);

/// SHA-256 of the names and checksums of the state's tensors.
std::string checksum(const State& state);

}  // namespace cebm
