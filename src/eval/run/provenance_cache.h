// Checksums of sets that were read before, valid as long as their files have not been touched.
#pragma once

#include <cebm/dataset.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace cebm {

/// <folder>/sets.json: how a set was asked for, the stamp of what it was read from (names, sizes and times of its
/// files, and times of the folders in which it is looked for), and its provenance. A damaged file is forgotten.
class ProvenanceCache {
 public:
  /// An empty folder name remembers nothing.
  explicit ProvenanceCache(std::filesystem::path folder);

  struct Known {
    nlohmann::json provenance;
    std::vector<std::filesystem::path> files;
  };
  /// What is known of the set `request` asks for, nothing if that is not sure. `folders` are those in which the set is
  /// looked for.
  std::optional<Known> find(const nlohmann::json& request, const std::vector<std::filesystem::path>& folders) const;
  /// Sets that are drawn or read from a folder of pictures are not remembered. Throws IoError.
  void remember(const nlohmann::json& request, const std::vector<std::filesystem::path>& folders, const Dataset& data,
                const nlohmann::json& provenance);

 private:
  std::filesystem::path folder_;
  nlohmann::json known_ = nlohmann::json::array();
};

}  // namespace cebm
