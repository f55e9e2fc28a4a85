/// Checkpoints: folders that are either complete or ignored.
///
///   step_000001000/
///     <part>.safetensors     one per part: model, ema, optimizer, buffer
///     <part>.rank_<r>.safetensors  with several ranks: rank r's rows of distributed tensors (State::dealt)
///     state.json             values of every part, step; number of ranks, if not one
///     config.yaml            the resolved configuration
///     manifest.json          format version, size and SHA-256 of every other file; written last
///   latest -> step_000001000 updated when the folder is complete and on disk; for people, the library never reads it.
///                            Missing if the file system has no links
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

/// Everything a run needs to resume.
struct Checkpoint {
  std::uint64_t step = 0;
  std::string config;                  ///< resolved YAML
  std::uint64_t ranks = 1;             ///< number of ranks that wrote it
  std::map<std::string, State> parts;  ///< "model", "ema", "optimizer", "buffer", ...

  /// Throws CheckpointError if there is no such part.
  const State& part(const std::string& name) const;
};

/// step_000001000
std::string checkpoint_name(std::uint64_t step);

/// Checks the free space, writes under a temporary name in `directory`, flushes and renames to checkpoint_name(step),
/// replacing one of the same name. Returns the final path. If it throws IoError, it leaves nothing behind.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint);
/// The same for a run of several ranks: all of them call it, with a directory that all can access. Each writes its own
/// rows of distributed tensors, rank 0 the rest. If one rank fails, all throw IoError.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint,
                                      Ranks& ranks);

/// Reads and verifies one checkpoint folder. Throws CheckpointError naming the file that is missing, damaged or of
/// another format version, and IoError if one cannot be read, which says nothing of what is in it.
Checkpoint load_checkpoint(const std::filesystem::path& folder);

/// The checkpoints of a run, oldest first: folders named step_<n> under `directory`. Verifies nothing.
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& directory);

/// A checkpoint that was skipped, and why.
struct SkippedCheckpoint {
  std::filesystem::path folder;
  std::string reason;
};

/// The newest checkpoint that verifies; damaged ones are appended to `skipped`. Empty if there is none. Throws IoError
/// if one cannot be read: it may be whole, and older ones must not take its place.
std::optional<Checkpoint> load_newest_checkpoint(const std::filesystem::path& directory,
                                                 std::vector<SkippedCheckpoint>& skipped);

/// Points `latest` in the checkpoint's directory to it, atomically. Returns the reason if that is not possible: the
/// file system has no links, or `latest` is a folder (some copies replace a link by one).
std::optional<std::string> mark_latest(const std::filesystem::path& folder);

/// Renames a skipped checkpoint to step_<n>.damaged, replacing an earlier one of that name, so that it does not count
/// as one of the checkpoints to keep. Throws IoError.
void set_aside(const std::filesystem::path& folder);

/// Which checkpoints are kept. Those at multiples of `every` are regular, and those that were when they were written
/// (regular_checkpoints). The others are written when a run is stopped or asked to save, and are kept until a newer one
/// is written; they do not affect which regular ones are kept.
struct Retention {
  std::int64_t every = 1;
  std::int64_t keep_last = 2;   ///< newest regular ones; 0: keeps all checkpoints
  std::int64_t keep_every = 0;  ///< also all at multiples of this, regular or not; 0: none
  /// Also keeps the newest regular one that is at least this many steps older than the newest (the oldest if none is),
  /// and after it one per `margin` steps: a rollback then finds one that is old enough, but not much older.
  std::int64_t margin = 0;
};

/// The entries of `steps` to remove; `also_regular` are regular ones that are no multiples of `retention.every`. The
/// newest is always kept.
std::vector<std::uint64_t> superseded_checkpoints(std::vector<std::uint64_t> steps, const Retention& retention,
                                                  const std::vector<std::uint64_t>& also_regular = {});

/// Steps of the checkpoints in `directory`, ascending.
std::vector<std::uint64_t> checkpoint_steps(const std::filesystem::path& directory);

/// Steps of the checkpoints in `directory` at multiples of `every`, or of the checkpoint.every that they were written
/// with (their config.yaml), ascending.
std::vector<std::uint64_t> regular_checkpoints(const std::filesystem::path& directory, std::int64_t every);

/// Removes the superseded checkpoints. Throws IoError.
void prune_checkpoints(const std::filesystem::path& directory, const Retention& retention);

/// Removes checkpoints of later steps than `step`. Throws IoError.
void remove_checkpoints_after(const std::filesystem::path& directory, std::uint64_t step);

}  // namespace cebm
