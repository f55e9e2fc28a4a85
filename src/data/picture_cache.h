// Decoded pictures that are kept between runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/picture_folder.h"

namespace cebm {

/// What the pixels that read_pictures gives depend on, as SHA-256: how files are decoded, paths, sizes and times
/// of all files, shape and fit.
std::string fingerprint(const PictureFolder& pictures, ImageShape shape, Fit fit);

/// Decoded pictures kept between runs, in $XDG_CACHE_HOME/cebm (by default ~/.cache/cebm): one file for each folder,
/// shape and fit. It holds the fingerprint and a SHA-256 of the pixels.
class PictureCache {
 public:
  PictureCache(const PictureFolder& pictures, ImageShape shape, Fit fit);

  /// The images if the file is there, whole, and of this fingerprint; otherwise an undefined tensor.
  torch::Tensor load() const;
  /// Best effort: where the file cannot be written there is none.
  void store(const torch::Tensor& images) const;
  /// Empty if there is no place for it.
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::string fingerprint_;
  std::vector<std::int64_t> sizes_;  ///< N, H, W, C
};

}  // namespace cebm
