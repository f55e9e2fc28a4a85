// Latent codes of another run's model for the images of an evaluation.
#pragma once

#include <cebm/run.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "eval/run/column_store.h"

namespace cebm {

class OtherRunCodes {
 public:
  /// Warns by `message`, which may be empty, of checkpoints that are skipped because they are damaged. Throws
  /// CheckpointError, and ConfigError if its images have another shape.
  OtherRunCodes(std::filesystem::path directory, const Catalog& catalog, ImageShape image,
                const std::function<void(const std::string&)>& message);

  const std::filesystem::path& directory() const { return directory_; }
  nlohmann::json provenance() const;
  /// Call before the first batch of a set. Uses codes that an evaluation of that run has stored; writes none there.
  void begin(const Dataset& data);
  /// [size, K] of images first .. first + size - 1 of the set, computed on `device`.
  torch::Tensor latent(std::int64_t first, std::int64_t size, torch::Device device);

 private:
  std::filesystem::path directory_;
  OpenedRun run_;
  std::unique_ptr<ColumnSource> source_;
  torch::Tensor images_;  ///< of the set, uint8
  std::unique_ptr<ColumnStore> kept_;
};

}  // namespace cebm
