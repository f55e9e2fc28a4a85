#include "data/set_files.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include <algorithm>
#include <optional>

namespace cebm {

namespace {

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& words, const char* last = " and ") {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last : ", ";
    text += words[i];
  }
  return text;
}

/// The first of `names` that is a folder in `place` instead of a file; nothing if none is.
std::optional<std::string> folder_named_as_file(const std::filesystem::path& place,
                                                const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::error_code error;
    if (std::filesystem::is_directory(place / name, error)) return name;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::filesystem::path> find_set_files(const SetFiles& wanted,
                                                  const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> shown;
  for (const auto& variants : wanted.names) shown.push_back(variants.front());
  std::string searched;
  for (const auto& folder : folders) {
    for (const auto& subfolder : wanted.subfolders) {
      const auto place = subfolder.empty() ? folder : folder / subfolder;
      std::vector<std::filesystem::path> found;
      std::vector<std::string> missing;
      std::string folders_found;
      for (const auto& variants : wanted.names) {
        if (const auto file = find_file(place, variants)) {
          found.push_back(*file);
          continue;
        }
        missing.push_back(variants.front());
        if (const auto name = folder_named_as_file(place, variants)) folders_found += "; " + *name + " is a folder";
      }
      if (missing.empty()) return found;
      searched += "\n  " + place.string();
      if (!found.empty() || !folders_found.empty()) {
        searched += " (without " + listed(missing) + folders_found + ")";
      }
    }
  }
  throw MissingDataError("data set " + wanted.set + ": expected " + listed(shown) +
                         " in one folder, found in none of those searched\nsearched:" + searched + "\n" +
                         wanted.how_to_get);
}

void require_split(const std::string& set, const std::string& split, const std::vector<std::string>& splits) {
  if (std::find(splits.begin(), splits.end(), split) != splits.end()) return;
  throw ConfigError("data set " + set + ": expected the split " + listed(splits, " or ") + ", found '" + split + "'");
}

}  // namespace cebm
