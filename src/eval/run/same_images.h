// Whether two sets of an evaluation are the same images under two names.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Where the images of a split come from.
struct SetSource {
  std::string name;
  std::string split;
  std::vector<std::filesystem::path> files;  ///< empty if they are drawn
  nlohmann::json provenance;                 ///< data_provenance (provenance.h)

  std::string describe() const { return name + " (" + split + ")"; }
};

/// Why the two are the same images, naming both and their files; nothing if they are not. They are if they are the same
/// split of the same set, if they share a file by whatever path, if all their files are copies of each other, or if
/// their pixels and labels are the same.
std::optional<std::string> same_images(const SetSource& a, const SetSource& b);

}  // namespace cebm
