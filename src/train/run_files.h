// Files of a run's directory that come and go with a training's steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cebm {

/// Removes the grids of samples of later steps.
void remove_samples_after(const std::filesystem::path& directory, std::uint64_t step);

/// Renames a metrics.csv that belongs to no checkpoint, or has other columns, to metrics.before_<n>.csv with the
/// smallest free n from 1, and returns the new path; nothing if there is no metrics.csv. Throws IoError if it cannot be
/// renamed.
std::optional<std::filesystem::path> set_record_aside(const std::filesystem::path& directory);

/// Whether the directory has a configuration, a record of metrics or a checkpoint of a run, whole or in part.
bool holds_run(const std::filesystem::path& directory);

/// A file in a directory without a run that a training there would overwrite or remove; nothing if there is none.
std::optional<std::filesystem::path> file_in_the_way(const std::filesystem::path& directory);

/// Removes the files that a training writes before its second step and the folders this leaves empty, so that a failed
/// start does not block the next one. Only for a directory that had no file_in_the_way() before that start.
void remove_start(const std::filesystem::path& directory);

}  // namespace cebm
