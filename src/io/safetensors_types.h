/// The element types of a safetensors file. Internal to src/io.
#pragma once

#include <torch/types.h>

#include <array>
#include <bit>
#include <string_view>

namespace cebm::safetensors {

struct ElementType {
  std::string_view name;
  torch::ScalarType type;
};

/// In order of size: tensors are laid out from the last to the first, so every one is aligned to its own elements.
inline constexpr std::array<ElementType, 10> kElementTypes{{{"BOOL", torch::kBool},
                                                            {"U8", torch::kByte},
                                                            {"I8", torch::kChar},
                                                            {"I16", torch::kShort},
                                                            {"F16", torch::kHalf},
                                                            {"BF16", torch::kBFloat16},
                                                            {"I32", torch::kInt},
                                                            {"F32", torch::kFloat},
                                                            {"F64", torch::kDouble},
                                                            {"I64", torch::kLong}}};

inline constexpr std::size_t kMaxHeaderBytes = 100'000'000;  ///< the format's own limit
inline constexpr std::string_view kMetadataKey = "__metadata__";

static_assert(std::endian::native == std::endian::little, "safetensors files are read and written in place");

}  // namespace cebm::safetensors
