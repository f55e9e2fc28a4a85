#include "data/folder_entries.h"

#include <cebm/errors.h>

#include <algorithm>
#include <system_error>

#include "data/picture_names.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

enum class Kind { nothing, folder, picture, other, broken_link };

Kind kind_of(const fs::directory_entry& entry) {
  if (is_clutter_name(entry.path())) return Kind::nothing;
  std::error_code ignored;
  if (entry.is_directory(ignored)) return Kind::folder;
  if (is_picture_name(entry.path())) {
    return entry.is_other(ignored) ? Kind::nothing : Kind::picture;  // reading a pipe would never end
  }
  if (entry.is_symlink(ignored) && !entry.exists(ignored)) return Kind::broken_link;
  return entry.is_regular_file(ignored) ? Kind::other : Kind::nothing;
}

/// Calls `look` for every entry until it returns false.
template <class Look>
void for_each_entry(const fs::path& folder, const Look& look) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (!look(entry->path(), kind_of(*entry))) return;
  }
  if (error) throw DataError(folder.string() + ": expected a folder that can be read, found: " + error.message());
}

void sort_by_bytes(std::vector<fs::path>& paths) {
  std::ranges::sort(paths, {}, [](const fs::path& path) { return path.native(); });
}

/// Real paths of the enclosing folders: a link to any of them is not followed.
class Above {
 public:
  explicit Above(const fs::path& parent) {
    std::error_code error;
    paths_ = {fs::canonical(parent, error)};
  }
  /// Returns false if the folder is one of its own enclosing folders, or a broken link.
  bool enter(const fs::path& folder) {
    std::error_code error;
    fs::path real = fs::canonical(folder, error);
    if (error || std::ranges::find(paths_, real) != paths_.end()) return false;
    paths_.push_back(std::move(real));
    return true;
  }
  void leave() { paths_.pop_back(); }

 private:
  std::vector<fs::path> paths_;
};

void collect(const fs::path& folder, Above& above, FolderFiles& found) {
  if (!above.enter(folder)) return;
  const FolderEntries entries = entries_of(folder);
  found.pictures.insert(found.pictures.end(), entries.pictures.begin(), entries.pictures.end());
  found.others.insert(found.others.end(), entries.others.begin(), entries.others.end());
  for (const auto& subfolder : entries.folders) collect(subfolder, above, found);
  above.leave();
}

bool has_pictures_of_any_format(const fs::path& folder) {
  bool found = false;
  for_each_entry(folder, [&](const fs::path& path, Kind kind) {
    found = kind == Kind::picture || (kind == Kind::other && is_unread_picture_name(path));
    return !found;
  });
  return found;
}

bool has_pictures_below(const fs::path& folder, Above& above) {
  if (!above.enter(folder)) return false;
  if (has_pictures_of_any_format(folder)) return true;
  for (const auto& subfolder : entries_of(folder).folders) {
    if (has_pictures_below(subfolder, above)) return true;
  }
  above.leave();
  return false;
}

}  // namespace

FolderEntries entries_of(const fs::path& folder) {
  FolderEntries entries;
  for_each_entry(folder, [&](const fs::path& path, Kind kind) {
    if (kind == Kind::folder) entries.folders.push_back(path);
    if (kind == Kind::picture) entries.pictures.push_back(path);
    if (kind == Kind::other) entries.others.push_back(path);
    // The link may stand for a class: skipping it would change the labels of the classes after it.
    if (kind == Kind::broken_link) {
      throw DataError(path.string() + ": expected a folder or a file, found a link that leads to neither");
    }
    return true;
  });
  sort_by_bytes(entries.folders);
  sort_by_bytes(entries.pictures);
  sort_by_bytes(entries.others);
  return entries;
}

FolderFiles files_below(const fs::path& folder) {
  FolderFiles found;
  Above above(folder.parent_path());
  collect(folder, above, found);
  return found;
}

bool has_pictures(const fs::path& folder) {
  bool found = false;
  for_each_entry(folder, [&](const fs::path&, Kind kind) {
    found = kind == Kind::picture;
    return !found;
  });
  return found;
}

std::vector<std::string> folders_with_pictures(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::path& subfolder : entries_of(folder).folders) {
    Above above(folder);
    if (has_pictures_below(subfolder, above)) names.push_back(subfolder.filename().string());
  }
  return names;
}

}  // namespace cebm
