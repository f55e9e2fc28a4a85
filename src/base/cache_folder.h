// The user's cache folder.
#pragma once

#include <filesystem>

namespace cebm {

/// $XDG_CACHE_HOME/cebm, by default ~/.cache/cebm, as the XDG Base Directory Specification has it; empty if the user
/// has no home.
std::filesystem::path cache_folder();

}  // namespace cebm
