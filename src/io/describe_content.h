// What a file is that is not what was expected.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace cebm {

inline constexpr std::size_t kDescribedBytes = 512;  ///< as many of a file's first bytes are looked at

inline constexpr std::string_view kUnknownContent = "unknown content";
inline constexpr std::string_view kSafetensorsContent = "safetensors weights";

/// What a file that begins with `beginning` is, to go behind "found": "a Git LFS pointer (...)", "an HTML page, ...",
/// "a PNG picture", "text that begins with '...'", "an empty file", and so on, with the way out where there is one;
/// kUnknownContent if it is none of these.
std::string describe_content(std::string_view beginning);

/// The same of a file's first bytes.
std::string describe_file(const std::filesystem::path& file);

}  // namespace cebm
