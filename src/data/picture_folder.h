// A folder of pictures: which there are, what class each is of, and reading them all.
#pragma once

#include <cebm/dataset.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/picture.h"

namespace cebm {

struct PictureFolder {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;  ///< relative to the folder
  std::vector<std::int64_t> labels;          ///< one for each file; -1 where there are no classes
  std::vector<std::string> classes;
};

/// Lists the pictures in `folder`. If they lie in subfolders, each subfolder with a picture anywhere in it is a class;
/// classes are ordered by name and the pictures of a class by path, byte by byte, whatever the file system's order.
/// Hidden files and folders, files without a picture's name and empty subfolders are passed over; links are followed,
/// but not to a folder that they lie in.
/// Throws DataError if a folder cannot be read, or holds pictures both beside and in subfolders.
PictureFolder list_pictures(const std::filesystem::path& folder);

/// All pictures as [N, C, H, W] uint8, channels-last, decoded by as many threads as LibTorch uses. Throws the DataError
/// of the first picture that cannot be read.
torch::Tensor read_pictures(const PictureFolder& pictures, ImageShape shape, Fit fit,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

/// What the pixels that read_pictures gives depend on, as SHA-256: paths, sizes and times of all files, shape and fit.
/// Throws DataError for a file that is gone.
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
