#include <cebm/errors.h>

#include "data/picture_names.h"
#include "data/picture_set.h"
#include "data/rows.h"
#include "data/set_files.h"
#include "data/split_folders.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kName = "image-folder";

void require_path(const fs::path& path) {
  if (path.empty()) throw ConfigError(std::string("data set ") + kName + ": expected the option path, found none");
}

fs::path find_folder(const fs::path& path, const fs::path& root) {
  require_path(path);
  std::string searched;
  for (const auto& place : root.empty() ? std::vector<fs::path>{""} : std::vector<fs::path>{root, ""}) {
    const fs::path folder = place / path;
    std::error_code error;
    if (fs::is_directory(folder, error)) return folder;
    searched += (searched.empty() ? "" : ", nor ") + folder.string();
  }
  throw DataError(std::string("data set ") + kName + ": expected a folder of pictures, found no folder " + searched);
}

/// The split's pictures. Classes are those of all splits, so that a label means the same in each.
PictureFolder pictures_of(const SplitFolders& folders, const std::string& split) {
  std::vector<std::string> classes;
  for (const auto& [other, folder] : folders.splits) {
    const auto more = class_names(folder);
    classes.insert(classes.end(), more.begin(), more.end());
  }
  return list_pictures(folders.at(split), classes);
}

std::shared_ptr<Dataset> load_image_folder(const ImageFolderOptions& options, const DataContext& context) {
  require_split(kName, context.split, {"train", "test"});
  const SplitFolders folders = find_splits(find_folder(options.path, data_root(context)));
  PictureFolder pictures = pictures_of(folders, context.split);
  if (pictures.files.empty()) {
    std::string warnings;
    for (const std::string& warning : warnings_about(pictures)) warnings += "\n  " + warning;
    throw DataError(std::string("data set ") + kName + ": " + pictures.folder.string() + ": expected pictures (" +
                    picture_suffixes() + "), found none" + warnings);
  }
  Dataset set = load_pictures(kName, std::move(pictures), options.pictures, context);
  set.warnings.insert(set.warnings.begin(), folders.warnings.begin(), folders.warnings.end());
  return std::make_shared<Dataset>(std::move(set));
}

}  // namespace

void ImageFolderOptions::fields(Fields& visit) {
  visit.harmless([&] {
    visit.path("path", path,
               "folder of pictures, with a subfolder for each class or without; below the data root or the working "
               "directory. If it holds folders train and test (or val), each split has its own");
  });
  pictures.visit(visit);
}

DatasetEntry image_folder() {
  return with_image_shape<ImageFolderOptions>(
      make_entry<ImageFolderOptions, DatasetEntry>(
          kName, "your own pictures: a folder of JPEG, PNG, BMP, TGA or GIF files, brought to one size",
          "{path: pictures, size: 32}", load_image_folder),
      [](const ImageFolderOptions& options, const DataContext& context) {
        require_path(options.path);
        return picture_shape(kName, options.pictures, context);
      });
}

}  // namespace cebm
