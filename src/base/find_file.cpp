#include <cebm/files.h>

namespace cebm {

namespace fs = std::filesystem;

std::optional<fs::path> find_file(const fs::path& folder, std::span<const std::string> names) {
  const auto is_file = [](const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
  };
  for (const std::string& name : names) {
    if (is_file(folder / name)) return folder / name;
  }
  for (const std::string& around : names) {
    for (const std::string& name : names) {
      if (is_file(folder / around / name)) return folder / around / name;
    }
  }
  return std::nullopt;
}

}  // namespace cebm
