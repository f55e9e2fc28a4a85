// Describing a file that is not of the expected format.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace cebm {

inline constexpr std::size_t kDescribedBytes = 512;  ///< number of a file's first bytes that are examined

inline constexpr std::string_view kUnknownContent = "unknown content";
inline constexpr std::string_view kSafetensorsContent = "safetensors weights";

/// Describes a file that begins with `beginning`, for use after "found": "a Git LFS pointer (...)", "an HTML page,
/// ...", "a PNG picture", "text that begins with '...'", "an empty file", and so on, with a remedy where there is one;
/// kUnknownContent if it is not recognised.
std::string describe_content(std::string_view beginning);

/// As describe_content, for the first bytes of `file`.
std::string describe_file(const std::filesystem::path& file);

}  // namespace cebm
