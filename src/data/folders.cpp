#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <cebm/home.h>

#include <algorithm>
#include <cstdlib>

namespace cebm {

std::filesystem::path data_root_of_environment() {
  const char* const given = std::getenv("CEBM_DATA");
  if (given == nullptr) return {};
  try {
    return expand_home(given);
  } catch (const ConfigError&) {
    return given;  // no such folder: callers report it
  }
}

std::filesystem::path data_root(const DataContext& context) {
  if (!context.root.empty()) return context.root;
  std::filesystem::path root = data_root_of_environment();
  if (!root.empty() && !std::filesystem::is_directory(root)) {
    throw ConfigError("CEBM_DATA: no such folder: " + root.string());
  }
  return root;
}

std::vector<std::filesystem::path> data_folders(const std::string& name, const DataContext& context) {
  std::string package = name;
  std::replace(package.begin(), package.end(), '_', '-');
  std::vector<std::filesystem::path> candidates;
  std::filesystem::path root = data_root(context);
  if (!root.has_filename()) root = root.parent_path();  // of a name that ends in a slash
  if (!root.empty()) {
    candidates.push_back(root / name);
    candidates.push_back(root);
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
