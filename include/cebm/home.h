/// Expansion of ~ in paths that no shell has expanded.
#pragma once

#include <filesystem>

namespace cebm {

/// Replaces a leading ~ by $HOME, or by this user's home directory if that is not set, and a leading ~name by that
/// user's home directory, as a shell does; returns any other path unchanged. A name that really begins with ~ is
/// written "./~name". Throws ConfigError if there is no such user or home directory.
std::filesystem::path expand_home(const std::filesystem::path& path);

}  // namespace cebm
