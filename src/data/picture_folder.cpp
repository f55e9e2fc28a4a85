#include "data/picture_folder.h"

#include <cebm/errors.h>

#include <algorithm>
#include <system_error>

namespace cebm {

namespace fs = std::filesystem;

namespace {

struct Entries {
  std::vector<fs::path> folders;
  std::vector<fs::path> pictures;
};

/// What lies in a folder, without hidden names, sorted by name.
Entries entries_of(const fs::path& folder) {
  std::error_code error;
  Entries entries;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with('.')) continue;
    std::error_code broken_link;
    if (entry->is_directory(broken_link)) {
      entries.folders.push_back(path);
    } else if (is_picture_name(path) && !entry->is_other(broken_link)) {  // reading a pipe would never end
      entries.pictures.push_back(path);
    }
  }
  if (error) throw DataError(folder.string() + ": expected a folder that can be read, found: " + error.message());
  std::ranges::sort(entries.folders, {}, [](const fs::path& path) { return path.native(); });
  std::ranges::sort(entries.pictures, {}, [](const fs::path& path) { return path.native(); });
  return entries;
}

/// Appends all pictures below `folder`. `above` holds the real paths of the folders that lead here.
void collect(const fs::path& folder, std::vector<fs::path>& above, std::vector<fs::path>& found) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error || std::find(above.begin(), above.end(), real) != above.end()) return;
  above.push_back(real);
  const Entries entries = entries_of(folder);
  found.insert(found.end(), entries.pictures.begin(), entries.pictures.end());
  for (const auto& subfolder : entries.folders) collect(subfolder, above, found);
  above.pop_back();
}

std::string first_name(const std::vector<fs::path>& files) { return files.front().filename().string(); }

}  // namespace

PictureFolder list_pictures(const fs::path& folder) {
  PictureFolder result{.folder = folder, .files = {}, .labels = {}, .classes = {}};
  const Entries top = entries_of(folder);
  const auto add = [&](std::vector<fs::path> pictures, std::int64_t label) {
    std::ranges::sort(pictures, {}, [](const fs::path& path) { return path.native(); });
    for (const auto& picture : pictures) {
      result.files.push_back(picture.lexically_relative(folder));
      result.labels.push_back(label);
    }
  };
  for (const auto& subfolder : top.folders) {
    std::vector<fs::path> above = {fs::canonical(folder)};
    std::vector<fs::path> pictures;
    collect(subfolder, above, pictures);
    if (pictures.empty()) continue;
    if (!top.pictures.empty()) {
      throw DataError(folder.string() + ": expected pictures either in subfolders, one for each class, or without " +
                      "subfolders, found both " + first_name(top.pictures) + " and " +
                      pictures.front().lexically_relative(folder).string());
    }
    add(std::move(pictures), static_cast<std::int64_t>(result.classes.size()));
    result.classes.push_back(subfolder.filename().string());
  }
  if (result.classes.empty()) add(top.pictures, -1);
  return result;
}

}  // namespace cebm
