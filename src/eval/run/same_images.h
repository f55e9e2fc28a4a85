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
  std::vector<std::filesystem::path> files;  ///< empty for generated images
  nlohmann::json provenance;                 ///< data_provenance (provenance.h)

  std::string describe() const { return name + " (" + split + ")"; }
};

/// The reason why both are the same images, naming the sets and their files; nothing if they differ. They are the same
/// if they are the same split of the same set, share a file by whatever path, have only files that are copies of each
/// other, or have the same pixels and labels.
std::optional<std::string> same_images(const SetSource& a, const SetSource& b);

}  // namespace cebm
