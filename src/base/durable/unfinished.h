/// Temporary names of files and folders that are being written, and their clean-up after a crash. Internal to src.
#pragma once

#include <filesystem>

namespace cebm {

/// .<name>.tmp-<process id>, beside `target`: the temporary name of a file, folder or link that this process creates.
std::filesystem::path unfinished_name(const std::filesystem::path& target);
/// .<name>.old-<process id>, beside `target`: the name of the version that is being replaced, until the new one is in
/// place.
std::filesystem::path replaced_name(const std::filesystem::path& target);
/// <name>.part, the name of a partial file that is worth keeping: a download. It is never cleaned up.
std::filesystem::path part_name(const std::filesystem::path& target);

/// Whose leftovers are removed. Process ids are weak evidence: those of containers and of other machines that share a
/// disk are not this system's, and the only process of any container has the id 1.
enum class Leftovers {
  of_ended_processes,  ///< of this process, of ids that no process here has, and any that are unchanged for a day
  of_anyone            ///< all; for the holder of a lock that keeps others from writing there
};

/// Removes leftovers from `directory`, not from its subfolders. Restores a replaced version if the new one never got
/// into place. This process must not be writing there.
void clean_up(const std::filesystem::path& directory, Leftovers whose);
/// As clean_up, for the leftovers of `target` alone.
void clean_up_versions_of(const std::filesystem::path& target, Leftovers whose);

}  // namespace cebm
