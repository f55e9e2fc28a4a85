/// What is written has another name until it is whole, and one rule says what becomes of it after a crash.
/// Internal to src.
#pragma once

#include <filesystem>

namespace cebm {

/// .<name>.tmp-<process id>, the name of a file, folder or link that this process makes, beside `target`.
std::filesystem::path unfinished_name(const std::filesystem::path& target);
/// .<name>.old-<process id>, the name of what is replaced until its successor has its place.
std::filesystem::path replaced_name(const std::filesystem::path& target);
/// <name>.part, the name of a file whose beginning is worth keeping: a download. It is never cleaned up.
std::filesystem::path part_name(const std::filesystem::path& target);

/// Whose unfinished things are removed. Process numbers tell little: those of containers and of other machines that
/// share a disk are not this system's, and the number of a container's only process is 1.
enum class Leftovers {
  of_ended_processes,  ///< of this process, of numbers that no process here has, and what has not changed for a day
  of_anyone            ///< all, for whoever holds a lock that keeps others from writing there
};

/// Removes what is unfinished in `directory`, not in the folders in it; what was replaced by something that never came
/// is put back. This process must not be writing there.
void clean_up(const std::filesystem::path& directory, Leftovers whose);
/// The same for what was to become `target`.
void clean_up_versions_of(const std::filesystem::path& target, Leftovers whose);

}  // namespace cebm
