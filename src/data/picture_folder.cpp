#include "data/picture_folder.h"

#include <cebm/errors.h>

#include <algorithm>

#include "data/folder_entries.h"
#include "data/picture_names.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

void count_by_suffix(const std::vector<fs::path>& files, std::map<std::string, std::int64_t>& counts) {
  for (const fs::path& file : files) ++counts[suffix_of(file)];
}

void add(std::vector<fs::path> pictures, std::int64_t label, PictureFolder& result) {
  std::ranges::sort(pictures, {}, [](const fs::path& path) { return path.native(); });
  for (const auto& picture : pictures) {
    result.files.push_back(picture.lexically_relative(result.folder));
    result.labels.push_back(label);
  }
}

}  // namespace

std::vector<std::string> class_names(const fs::path& folder) {
  return has_pictures(folder) ? std::vector<std::string>{} : folders_with_pictures(folder);
}

PictureFolder list_pictures(const fs::path& folder, const std::vector<std::string>& classes_elsewhere) {
  PictureFolder result{.folder = folder};
  const FolderEntries top = entries_of(folder);
  count_by_suffix(top.others, result.passed_over);
  std::map<std::string, std::vector<fs::path>> classes;
  for (const std::string& name : classes_elsewhere) classes[name];
  for (const auto& subfolder : top.folders) {
    FolderFiles below = files_below(subfolder);
    count_by_suffix(below.others, result.passed_over);
    if (!below.pictures.empty() && !top.pictures.empty()) {
      throw DataError(folder.string() + ": expected pictures either in subfolders, one for each class, or without " +
                      "subfolders, found both " + top.pictures.front().filename().string() + " and " +
                      std::ranges::min(below.pictures).lexically_relative(folder).string());
    }
    const std::string name = subfolder.filename().string();
    const bool unread = top.pictures.empty() && std::ranges::any_of(below.others, is_unread_picture_name);
    if (!below.pictures.empty() || unread) {
      classes[name] = std::move(below.pictures);
    } else if (!classes.contains(name)) {
      result.no_classes.push_back(name);
    }
  }
  for (auto& [name, pictures] : classes) {
    add(std::move(pictures), static_cast<std::int64_t>(result.classes.size()), result);
    result.classes.push_back(name);
  }
  add(top.pictures, -1, result);
  return result;
}

PictureFolder first_of_every_class(const PictureFolder& pictures, std::int64_t count) {
  std::map<std::int64_t, std::size_t> seen;  // of each class so far
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < pictures.files.size(); ++i) order.emplace_back(seen[pictures.labels[i]]++, i);
  std::ranges::sort(order);
  order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
  PictureFolder part = pictures;
  part.files.clear();
  part.labels.clear();
  for (const auto& [place, i] : order) {
    part.files.push_back(pictures.files[i]);
    part.labels.push_back(pictures.labels[i]);
  }
  return part;
}

}  // namespace cebm
