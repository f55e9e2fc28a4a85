// Cache on disk of the per-image quantities of one set.
#pragma once

#include <cebm/columns.h>

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

namespace cebm {

/// A folder with <column>.npy files and columns.json, which holds the source of the columns (checksums of weights and
/// data) and each file's rows and checksum. A column may hold only the first rows of its set: others are computed on
/// request.
class ColumnStore {
 public:
  /// Uses the stored columns if `source` is the same and their checksums match, otherwise ignores them. With an empty
  /// folder name, columns are only kept in memory. `compute` computes a column.
  using Compute = decltype(&compute_column);
  ColumnStore(std::filesystem::path folder, nlohmann::json source,
              std::function<std::remove_pointer_t<Compute>> compute = compute_column);

  /// Rows first .. first + images.size(0) - 1 of the column.
  torch::Tensor rows(const std::string& name, ColumnSource& source, const torch::Tensor& images, std::int64_t first);
  /// Writes columns with new rows. Throws IoError.
  void flush();

 private:
  struct Kept {
    std::vector<torch::Tensor> parts;  ///< consecutive rows from 0 on
    std::int64_t rows = 0;
    bool dirty = false;
    std::string sha256 = {};  ///< of the file
  };
  void load();

  std::filesystem::path folder_;
  nlohmann::json source_;
  std::function<std::remove_pointer_t<Compute>> compute_;
  std::map<std::string, Kept> columns_;
};

}  // namespace cebm
