/// Checkpoints: a folder that is whole or does not count.
///
///   step_000001000/
///     <part>.safetensors     one per part: model, ema, optimizer, buffer
///     state.json             values of every part, step
///     config.yaml            the resolved configuration
///     manifest.json          format version, size and SHA-256 of every other file; written last
#pragma once

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
  std::map<std::string, State> parts;  ///< "model", "ema", "optimizer", "buffer", ...

  /// Throws CheckpointError if there is no such part.
  const State& part(const std::string& name) const;
};

/// step_000001000
std::string checkpoint_name(std::uint64_t step);

/// Writes under a temporary name in `directory`, flushes and renames to checkpoint_name(step), replacing one of the
/// same name. Throws IoError; then nothing is left of it.
/// Returns the final path.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint);

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

/// Removes all but the newest `keep_last` checkpoints; 0 keeps all.
void prune_checkpoints(const std::filesystem::path& directory, std::int64_t keep_last);

}  // namespace cebm
