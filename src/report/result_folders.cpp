#include "report/result_folders.h"

#include <algorithm>

namespace cebm {

namespace fs = std::filesystem;

std::vector<fs::path> result_folders(const fs::path& directory) {
  std::vector<fs::path> folders;
  if (!fs::is_directory(directory)) return folders;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().filename() == "result.json") folders.push_back(entry.path().parent_path());
  }
  std::ranges::sort(folders);
  return folders;
}

}  // namespace cebm
