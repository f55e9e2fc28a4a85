// Per-image quantities of one set, kept on disk as far as they have been computed.
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

/// A folder with <column>.npy and columns.json: what the columns are of (weights and data, by checksum), and rows and
/// checksum of each file. A column may hold only the first rows of its set: the rest is computed when it is asked for.
class ColumnStore {
 public:
  /// What is found there is used if `source` is the same and the checksums fit; otherwise it is forgotten.
  /// An empty folder name keeps everything in memory only. `compute` is what computes a column.
  using Compute = decltype(&compute_column);
  ColumnStore(std::filesystem::path folder, nlohmann::json source,
              std::function<std::remove_pointer_t<Compute>> compute = compute_column);

  /// Rows first .. first + images.size(0) - 1 of the column.
  torch::Tensor rows(const std::string& name, ColumnSource& source, const torch::Tensor& images, std::int64_t first);
  /// Writes what is new. Throws IoError.
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
