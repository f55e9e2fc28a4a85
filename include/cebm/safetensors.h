/// The safetensors file format: 8-byte little-endian header length, JSON header, raw little-endian tensors.
/// Nothing in such a file can execute; every offset is checked before it is used.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

namespace cebm {

using TensorMap = std::map<std::string, torch::Tensor>;

/// Writes `tensors` (any device and layout; stored contiguous) to `file` whole or not at all.
/// Throws IoError.
void save_safetensors(const std::filesystem::path& file, const TensorMap& tensors,
                      const std::map<std::string, std::string>& metadata = {});

/// Reads every tensor to the CPU. Throws CheckpointError naming file and offset: truncated, header too large or not
/// JSON, unknown type, offsets that overlap, leave gaps or do not match the shape.
TensorMap load_safetensors(const std::filesystem::path& file);

}  // namespace cebm
