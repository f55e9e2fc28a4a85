/// What a killed process leaves of a file that it was writing. Internal to src.
#pragma once

#include <filesystem>

namespace cebm {

/// .<name>.<pid>.tmp, the name under which this process writes `file` before it is renamed.
std::filesystem::path unfinished_name(const std::filesystem::path& file);

/// Removes files of such names from `directory`, not from the folders in it, whose process has ended. This process must
/// not be writing there.
void remove_unfinished_files(const std::filesystem::path& directory);

}  // namespace cebm
