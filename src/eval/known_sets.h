// Checksums of sets that were read before, valid as long as their files have not been touched.
#pragma once

#include <cebm/dataset.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace cebm {

/// <folder>/sets.json: how a set was asked for, the stamp of what it was read from (names, sizes and times of its
/// files, and times of the folders in which it is looked for), and its provenance. A damaged file is forgotten.
class KnownSets {
 public:
  /// An empty folder name remembers nothing.
  explicit KnownSets(std::filesystem::path folder);

  /// The provenance of the set `request` asks for, null if it is not known or not sure. `folders` are those in which
  /// the set is looked for.
  nlohmann::json find(const nlohmann::json& request, const std::vector<std::filesystem::path>& folders) const;
  /// Sets that are drawn or read from a folder of pictures are not remembered. Throws IoError.
  void remember(const nlohmann::json& request, const std::vector<std::filesystem::path>& folders, const Dataset& data,
                const nlohmann::json& provenance);

 private:
  std::filesystem::path folder_;
  nlohmann::json known_ = nlohmann::json::array();
};

}  // namespace cebm
