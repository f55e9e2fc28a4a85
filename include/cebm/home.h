/// Home directories in paths that no shell has looked at.
#pragma once

#include <filesystem>

namespace cebm {

/// The path with a ~ at its start replaced by $HOME, or by the home directory of this user where that is not set, and
/// ~name by that user's, as a shell does it; any other path as it is. A name that really begins with ~ is written
/// "./~name". Throws ConfigError where there is no such user or home directory.
std::filesystem::path expand_home(const std::filesystem::path& path);

}  // namespace cebm
