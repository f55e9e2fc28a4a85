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

/// All pictures as [N, C, H, W] uint8, channels-last, decoded by as many threads as LibTorch uses. Throws one DataError
/// that says of every picture that cannot be read what is wrong; beyond ten, how many more there are.
torch::Tensor read_pictures(const PictureFolder& pictures, ImageShape shape, Fit fit,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace cebm
