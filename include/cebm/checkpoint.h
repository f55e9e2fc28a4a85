/// Checkpoints: a folder that is whole or does not count.
///
///   step_000001000/
///     <part>.safetensors     one per part: model, ema, optimizer, buffer
///     <part>.rank_<r>.safetensors  where several ranks train together: what is dealt to rank r (State::dealt)
///     state.json             values of every part, step; how many ranks there were, if not one
///     config.yaml            the resolved configuration
///     manifest.json          format version, size and SHA-256 of every other file; written last
///   latest -> step_000001000 moved when the folder is whole and on disk; for people, nothing here reads it. Missing
///                            where there are no links
#pragma once

#include <cebm/ranks.h>
#include <cebm/state.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Everything a run needs to go on.
struct Checkpoint {
  std::uint64_t step = 0;
  std::string config;                  ///< resolved YAML
  std::uint64_t ranks = 1;             ///< that wrote it
  std::map<std::string, State> parts;  ///< "model", "ema", "optimizer", "buffer", ...

  /// Throws CheckpointError if there is no such part.
  const State& part(const std::string& name) const;
};

/// step_000001000
std::string checkpoint_name(std::uint64_t step);

/// Writes under a temporary name in `directory`, flushes and renames to checkpoint_name(step), replacing one of the
/// same name. Free space is asked for first. Throws IoError; then nothing is left of it.
/// Returns the final path.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint);
/// The same for a run of several ranks, called by all of them with a directory that all see: each writes what is dealt
/// to it, rank 0 the rest. Throws IoError with all ranks if it fails with one.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint,
                                      Ranks& ranks);

/// Reads and verifies one checkpoint folder. Throws CheckpointError naming the file that is missing, damaged or of
/// another format version.
Checkpoint load_checkpoint(const std::filesystem::path& folder);

/// Whole checkpoints of a run, oldest first: folders named step_<n> under `directory`. Nothing is verified.
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& directory);

/// A checkpoint that was passed over, and why.
struct SkippedCheckpoint {
  std::filesystem::path folder;
  std::string reason;
};

/// The newest checkpoint that verifies; damaged ones are appended to `skipped`. Empty if there is none.
std::optional<Checkpoint> load_newest_checkpoint(const std::filesystem::path& directory,
                                                 std::vector<SkippedCheckpoint>& skipped);

/// Makes `latest` in the checkpoint's directory point to it, in one rename. Returns why that was not possible, where it
/// was not: the file system has no links, or `latest` has become a folder, as copies make of a link.
std::optional<std::string> mark_latest(const std::filesystem::path& folder);

/// Puts a checkpoint that was skipped out of the way as step_<n>.damaged, replacing an earlier one of that name: it
/// must not count as one of those to keep. Throws IoError.
void set_aside(const std::filesystem::path& folder);

/// Which checkpoints stay. Those at multiples of `every` are regular; others are written when a run is stopped or asked
/// to save, and stay until a newer one is written. What stays of the regular ones does not depend on the others.
struct Retention {
  std::int64_t every = 1;
  std::int64_t keep_last = 2;   ///< regular ones; 0: everything stays
  std::int64_t keep_every = 0;  ///< also regular ones at multiples of this; 0: none
  /// Also the newest regular one that is at least this many steps older than the newest, and of those after it one per
  /// margin, so that there is always one that is neither too young nor older than it must be.
  std::int64_t margin = 0;
};

/// Those of `steps` that need not stay. The newest always stays.
std::vector<std::uint64_t> superseded_checkpoints(std::vector<std::uint64_t> steps, const Retention& retention);

/// Steps of the checkpoints in `directory`, ascending.
std::vector<std::uint64_t> checkpoint_steps(const std::filesystem::path& directory);

/// Removes the superseded checkpoints. Throws IoError.
void prune_checkpoints(const std::filesystem::path& directory, const Retention& retention);

/// Removes checkpoints of later steps than `step`. Throws IoError.
void remove_checkpoints_after(const std::filesystem::path& directory, std::uint64_t step);

}  // namespace cebm
