// A cache of decoded pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/picture_folder.h"

namespace cebm {

/// SHA-256 of everything that the result of read_pictures depends on: version of the decoding; paths, sizes and
/// modification times of all files; shape and fit.
std::string fingerprint(const PictureFolder& pictures, ImageShape shape, Fit fit);

/// Decoded pictures kept between runs, in $XDG_CACHE_HOME/cebm (by default ~/.cache/cebm): one file for each folder,
/// shape and fit. It holds the pixels, their SHA-256 and the fingerprint.
class PictureCache {
 public:
  PictureCache(const PictureFolder& pictures, ImageShape shape, Fit fit);

  /// Returns the images if the file exists, is intact and has this fingerprint; otherwise an undefined tensor.
  torch::Tensor load() const;
  /// Best effort: ignores IoError if the file cannot be written.
  void store(const torch::Tensor& images) const;
  /// Empty if there is no cache folder.
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::string fingerprint_;
  std::vector<std::int64_t> sizes_;  ///< N, H, W, C
};

}  // namespace cebm
