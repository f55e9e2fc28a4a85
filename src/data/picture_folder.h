// A folder of pictures: which there are, what class each is of, and reading them all.
#pragma once

#include <cebm/dataset.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/picture.h"

namespace cebm {

struct PictureFolder {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files = {};  ///< relative to the folder
  std::vector<std::int64_t> labels = {};          ///< one for each file; -1 where there are no classes
  std::vector<std::string> classes = {};          ///< in the bytes of their folders' names

  std::map<std::string, std::int64_t> passed_over = {};  ///< how many files are not read, by suffix
  std::vector<std::string> no_classes = {};              ///< subfolders without a picture of any format
};

/// Names of the classes that `folder` has: its subfolders with a picture somewhere below them, sorted by their bytes.
/// One whose pictures are all of formats that are not read keeps its place. None where pictures lie in `folder` itself.
/// Throws DataError if a folder cannot be read.
std::vector<std::string> class_names(const std::filesystem::path& folder);

/// Lists the pictures in `folder`. If they lie in subfolders, its classes are class_names(folder) and
/// `classes_elsewhere`, those of the other split, sorted by name; a label then means the same in both splits. The
/// pictures of a class are in the order of their paths, byte by byte, whatever the file system's order. Clutter
/// (picture_names.h) and empty subfolders are passed over; links are followed, but not to a folder that they lie in.
/// Throws DataError if a folder cannot be read, or holds pictures both beside and in subfolders.
PictureFolder list_pictures(const std::filesystem::path& folder,
                            const std::vector<std::string>& classes_elsewhere = {});

/// What a user should know about pictures that are not there or not read, one sentence each: files that were passed
/// over, classes without a picture, folders that are no classes.
std::vector<std::string> warnings_about(const PictureFolder& pictures);

/// All pictures as [N, C, H, W] uint8, channels-last, decoded by as many threads as LibTorch uses. Throws one DataError
/// that says of every picture that cannot be read what is wrong; beyond ten, how many more there are.
torch::Tensor read_pictures(const PictureFolder& pictures, ImageShape shape, Fit fit,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace cebm
