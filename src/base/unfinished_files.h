/// What a killed process leaves of a file that it was writing. Internal to src.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace cebm {

/// Whose unfinished files are removed. Process numbers tell little: those of containers and of other machines that
/// share a disk are not this system's, and the number of a container's only process is 1.
enum class Leftovers {
  of_ended_processes,  ///< of this process, of numbers that no process here has, and what has not changed for a day
  of_anyone            ///< all, for whoever holds a lock that keeps others from writing there
};

/// .<name>.<pid>.tmp, the name under which this process writes `file` before it is renamed.
std::filesystem::path unfinished_name(const std::filesystem::path& file);

/// Removes files of such names from `directory`, not from the folders in it. This process must not be writing there.
void remove_unfinished_files(const std::filesystem::path& directory, Leftovers whose);
/// The same for those that were to become `file`.
void remove_unfinished_versions(const std::filesystem::path& file, Leftovers whose);

/// Whether `path`, which the process `writer` left unfinished or is writing, may be removed.
bool is_leftover(const std::filesystem::path& path, pid_t writer, Leftovers whose);

}  // namespace cebm
