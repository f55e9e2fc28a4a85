// A folder of pictures: listing them with their classes, and reading them all.
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
  std::vector<std::string> classes = {};          ///< names of their folders, possibly not UTF-8

  std::map<std::string, std::int64_t> passed_over = {};  ///< number of skipped files, by suffix
  std::vector<std::string> no_classes = {};              ///< subfolders without a picture of any format
};

/// Names of the classes of `folder`: its subfolders with a picture somewhere below them, even if all are in unsupported
/// formats; sorted by their bytes. Empty if pictures lie in `folder` itself. Throws DataError if a folder cannot be
/// read.
std::vector<std::string> class_names(const std::filesystem::path& folder);

/// Lists the pictures in `folder`. If they lie in subfolders, its classes are class_names(folder) and
/// `classes_elsewhere`, those of the other split, sorted by name; a label then means the same in both splits. The
/// pictures of a class are sorted by the bytes of their paths, whatever the file system's order. Clutter
/// (picture_names.h) and empty subfolders are skipped; links are followed, but not to a folder that contains them.
/// Throws DataError if a folder cannot be read, or holds pictures both directly and in subfolders.
PictureFolder list_pictures(const std::filesystem::path& folder,
                            const std::vector<std::string>& classes_elsewhere = {});

/// The first picture of every class, then the second of every class that has one, ..., `count` pictures in all, at most
/// as many as there are. Without classes the first `count`.
PictureFolder first_of_every_class(const PictureFolder& pictures, std::int64_t count);

/// Warnings for the user, one sentence each: skipped files, classes without a picture, subfolders that are no classes.
std::vector<std::string> warnings_about(const PictureFolder& pictures);
/// A warning that names the classes with a picture in `pictures` and none in `part` of it; nothing if there are none.
std::vector<std::string> warnings_about_part(const PictureFolder& pictures, const PictureFolder& part);

/// Reads all pictures as [N, C, H, W] uint8, channels-last, with as many threads as LibTorch uses. If some cannot be
/// read, throws one DataError with the reasons for the first ten and the number of further ones.
torch::Tensor read_pictures(const PictureFolder& pictures, ImageShape shape, Fit fit,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace cebm
