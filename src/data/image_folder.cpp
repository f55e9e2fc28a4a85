#include <cebm/errors.h>

#include "data/picture_set.h"
#include "data/rows.h"
#include "data/set_files.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kName = "image-folder";

struct ImageFolderOptions final : Options {
  std::string path;
  PictureOptions pictures{Fit::crop};
  void fields(Fields& visit) override {
    visit.text("path", path,
               "folder of pictures, with a subfolder for each class or without; below the data root or the working "
               "directory. If it holds a folder train or test, each split has its own");
    pictures.visit(visit);
  }
};

fs::path find_folder(const std::string& path, const fs::path& root) {
  if (path.empty()) throw ConfigError(std::string("data set ") + kName + ": expected the option path, found none");
  std::string searched;
  for (const auto& place : root.empty() ? std::vector<fs::path>{""} : std::vector<fs::path>{root, ""}) {
    const fs::path folder = place / path;
    std::error_code error;
    if (fs::is_directory(folder, error)) return folder;
    searched += (searched.empty() ? "" : ", nor ") + folder.string();
  }
  throw DataError(std::string("data set ") + kName + ": expected a folder of pictures, found no folder " + searched);
}

/// The split's own folder, if the folder is divided.
fs::path split_folder(const fs::path& folder, const std::string& split) {
  const bool divided = fs::is_directory(folder / "train") || fs::is_directory(folder / "test");
  return divided ? folder / split : folder;
}

std::shared_ptr<Dataset> load_image_folder(const ImageFolderOptions& options, const DataContext& context) {
  require_split(kName, context.split, {"train", "test"});
  PictureFolder pictures = list_pictures(split_folder(find_folder(options.path, context.root), context.split));
  if (pictures.files.empty()) {
    throw DataError(std::string("data set ") + kName + ": " + pictures.folder.string() +
                    ": expected pictures (.jpg, .jpeg, .png, .bmp, .tga, .gif), found none");
  }
  return std::make_shared<Dataset>(load_pictures(kName, std::move(pictures), options.pictures, context));
}

}  // namespace

DatasetEntry image_folder() {
  return make_entry<ImageFolderOptions, DatasetEntry>(
      kName, "your own pictures: a folder of JPEG, PNG, BMP, TGA or GIF files, brought to one size",
      "{path: pictures, size: 32}", load_image_folder);
}

}  // namespace cebm
