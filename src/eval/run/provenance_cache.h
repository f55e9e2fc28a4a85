// Cache of the provenance of sets, valid as long as their files are unchanged.
#pragma once

#include <cebm/dataset.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace cebm {

/// <folder>/sets.json: for each set the request, the stamp of its sources (names, sizes and times of its files, and
/// times of the folders searched for it), and its provenance. A damaged file is ignored.
class ProvenanceCache {
 public:
  /// An empty folder name disables the cache.
  explicit ProvenanceCache(std::filesystem::path folder);

  struct Known {
    nlohmann::json provenance;
    std::vector<std::filesystem::path> files;
  };
  /// The entry of `request`, or nothing if there is none or it is stale. `folders`: those searched for the set.
  std::optional<Known> find(const nlohmann::json& request, const std::vector<std::filesystem::path>& folders) const;
  /// Stores an entry, except for sets that are generated or read from a folder of pictures. Throws IoError.
  void remember(const nlohmann::json& request, const std::vector<std::filesystem::path>& folders, const Dataset& data,
                const nlohmann::json& provenance);

 private:
  std::filesystem::path folder_;
  nlohmann::json known_ = nlohmann::json::array();
};

}  // namespace cebm
