#include <cebm/dataset.h>

#include <algorithm>

namespace cebm {

std::vector<std::filesystem::path> data_folders(const std::string& name, const DataContext& context) {
  std::string package = name;
  std::replace(package.begin(), package.end(), '_', '-');
  std::vector<std::filesystem::path> candidates;
  if (!context.root.empty()) {
    candidates.push_back(context.root / name);
    candidates.push_back(context.root);
  }
  candidates.push_back(std::filesystem::current_path() / "data" / name);
  candidates.push_back(std::filesystem::path(CEBM_SOURCE_DIR) / "data" / name);
  candidates.push_back(std::filesystem::path("/usr/share/datasets") / package);

  std::vector<std::filesystem::path> folders;
  for (auto& folder : candidates) {
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(std::move(folder));
  }
  return folders;
}

}  // namespace cebm
