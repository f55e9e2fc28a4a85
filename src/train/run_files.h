// Files of a run's directory that come and go with a training's steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cebm {

/// Of the grid of samples drawn at that step, in the folder samples: "step_000001000.png".
std::string sample_name(std::uint64_t step);

/// Removes the grids of later steps.
void remove_samples_after(const std::filesystem::path& directory, std::uint64_t step);

/// Renames a metrics.csv that no checkpoint continues to metrics.before_1.csv, or the next number that is free; nothing
/// where there is none. Throws IoError if it cannot be renamed.
std::optional<std::filesystem::path> set_record_aside(const std::filesystem::path& directory);

/// Removes what a training makes before its second step, and the folders that are empty then: a start that failed must
/// not keep the next one out.
void remove_start(const std::filesystem::path& directory);

}  // namespace cebm
