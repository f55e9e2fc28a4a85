// Files of a run's directory that come and go with a training's steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Removes the grids of samples of later steps.
void remove_samples_after(const std::filesystem::path& directory, std::uint64_t step);

/// Renames those of `records` ("metrics.csv") that are there to <name>.before_<n>.csv, with the smallest n from 1 that
/// is free for all of them, and returns the new paths. For records that belong to no checkpoint. Throws IoError if one
/// cannot be renamed.
std::vector<std::filesystem::path> set_records_aside(const std::filesystem::path& directory,
                                                     const std::vector<std::string>& records);

/// The same for metrics.csv and timing.csv, whose rows go together, where others are measured from now on. Returns the
/// new path of the first that is there; nothing if none is.
std::optional<std::filesystem::path> set_record_aside(const std::filesystem::path& directory);

/// Whether the directory has a configuration, a record of metrics or a checkpoint of a run, whole or in part.
bool holds_run(const std::filesystem::path& directory);

/// A file in a directory without a run that a training there would overwrite or remove; nothing if there is none.
std::optional<std::filesystem::path> file_in_the_way(const std::filesystem::path& directory);

/// Removes the files that a training writes before its second step and the folders this leaves empty, so that a failed
/// start does not block the next one. Only for a directory that had no file_in_the_way() before that start.
void remove_start(const std::filesystem::path& directory);

}  // namespace cebm
