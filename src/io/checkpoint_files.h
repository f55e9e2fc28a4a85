/// Names inside a checkpoint folder and its format version. Internal to src/io.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cebm::checkpoint_files {

inline constexpr std::int64_t kFormatVersion = 1;
inline constexpr std::string_view kFormatName = "cebm checkpoint";
inline constexpr std::string_view kManifest = "manifest.json";
inline constexpr std::string_view kState = "state.json";
inline constexpr std::string_view kConfig = "config.yaml";

std::string tensor_file(const std::string& part);  ///< <part>.safetensors
/// <part>.rank_<r>.safetensors
std::string dealt_file(const std::string& part, std::uint64_t rank);

/// The step in a folder's name step_<digits>; nothing for any other name.
std::optional<std::uint64_t> step_of(const std::filesystem::path& folder);

}  // namespace cebm::checkpoint_files
