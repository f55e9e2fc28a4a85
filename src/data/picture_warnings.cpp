#include <algorithm>
#include <cstdint>

#include "data/picture_folder.h"
#include "data/picture_names.h"

namespace cebm {

namespace {

constexpr std::size_t kMostNames = 12;

/// "a, b, c and 20 more"
std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > kMostNames ? text + " and " + std::to_string(names.size() - kMostNames) + " more" : text;
}

/// "3 .webp, 6 .tif", the most frequent first.
std::string counts_text(const std::map<std::string, std::int64_t>& by_suffix) {
  std::vector<std::pair<std::string, std::int64_t>> counts(by_suffix.begin(), by_suffix.end());
  std::ranges::stable_sort(counts, std::greater<>(), [](const auto& entry) { return entry.second; });
  std::vector<std::string> parts;
  for (const auto& [suffix, count] : counts) {
    parts.push_back(std::to_string(count) + " " + (suffix.empty() ? "without a suffix" : suffix));
  }
  return some_of(parts);
}

std::vector<std::string> classes_without_a_picture(const PictureFolder& pictures) {
  std::vector<bool> seen(pictures.classes.size());
  for (const std::int64_t label : pictures.labels) {
    if (label >= 0) seen[static_cast<std::size_t>(label)] = true;
  }
  std::vector<std::string> names;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    if (!seen[k]) names.push_back(pictures.classes[k]);
  }
  return names;
}

}  // namespace

std::vector<std::string> warnings_about(const PictureFolder& pictures) {
  const std::string where = pictures.folder.string() + ": ";
  std::vector<std::string> warnings;
  if (!pictures.passed_over.empty()) {
    warnings.push_back(where + "passed over " + counts_text(pictures.passed_over) + " (read are " + picture_suffixes() +
                       ")");
  }
  if (const auto empty = classes_without_a_picture(pictures); !empty.empty()) {
    warnings.push_back(where + "no picture of class " + some_of(empty));
  }
  if (!pictures.classes.empty() && !pictures.no_classes.empty()) {
    warnings.push_back(where + "no class, for want of pictures: " + some_of(pictures.no_classes));
  }
  return warnings;
}

std::vector<std::string> warnings_about_part(const PictureFolder& pictures, const PictureFolder& part) {
  const std::vector<std::string> empty = classes_without_a_picture(pictures);
  std::vector<std::string> left_out = classes_without_a_picture(part);
  std::erase_if(left_out, [&](const std::string& name) { return std::ranges::find(empty, name) != empty.end(); });
  if (left_out.empty()) return {};
  return {pictures.folder.string() + ": the limit of " + std::to_string(part.files.size()) +
          " images leaves out class " + some_of(left_out)};
}

}  // namespace cebm
