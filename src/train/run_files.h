// Files of a run's directory that come and go with a training's steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cebm {

/// File name, in the folder samples, of the grid drawn at that step: "step_000001000.png".
std::string sample_name(std::uint64_t step);

/// Removes the grids of later steps.
void remove_samples_after(const std::filesystem::path& directory, std::uint64_t step);

/// Renames a metrics.csv that belongs to no checkpoint to metrics.before_<n>.csv with the smallest free n from 1, and
/// returns the new path; nothing if there is no metrics.csv. Throws IoError if it cannot be renamed.
std::optional<std::filesystem::path> set_record_aside(const std::filesystem::path& directory);

/// Whether the directory has a configuration, a record of metrics or a checkpoint of a run, whole or in part.
bool holds_run(const std::filesystem::path& directory);

/// Removes the files that a training writes before its second step and the folders this leaves empty, so that a failed
/// start does not block the next one.
void remove_start(const std::filesystem::path& directory);

}  // namespace cebm
