// Folders of evaluation results.
#pragma once

#include <filesystem>
#include <vector>

namespace cebm {

/// Folders below `directory` with a result.json, sorted; none where there is no such directory.
std::vector<std::filesystem::path> result_folders(const std::filesystem::path& directory);

}  // namespace cebm
