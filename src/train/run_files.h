// The files of a run's directory that a training makes before its second step.
#pragma once

#include <filesystem>

namespace cebm {

/// Removes them, and the folders that are empty then: a start that failed must not keep the next one out.
void remove_start(const std::filesystem::path& directory);

}  // namespace cebm
