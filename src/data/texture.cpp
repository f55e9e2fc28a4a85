#include <cebm/errors.h>

#include "data/picture_set.h"
#include "data/rows.h"
#include "data/set_files.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// Searches dtd/images and images below each folder of the set, and the folder itself if it is named as the set.
PictureFolder find_pictures(const DataContext& context) {
  std::string searched;
  const auto folder_with_classes = [&](const fs::path& folder) -> PictureFolder {
    std::error_code error;
    if (fs::is_directory(folder, error)) {
      PictureFolder pictures = list_pictures(folder);
      if (!pictures.classes.empty() && !pictures.files.empty()) return pictures;
    }
    searched += "\n  " + folder.string();
    return {};
  };
  for (const auto& folder : data_folders("texture", context)) {
    std::vector<fs::path> places = {folder / "dtd" / "images", folder / "images"};
    if (folder.filename() == "texture") places.push_back(folder);
    for (const auto& place : places) {
      PictureFolder pictures = folder_with_classes(place);
      if (!pictures.classes.empty()) return pictures;
    }
  }
  throw MissingDataError(
      "data set texture: expected a folder of pictures for each class, found in none of the folders searched"
      "\nsearched:" +
      searched +
      "\nGet it by cebm-data fetch texture, or unpack the set's dtd-r1.0.1.tar.gz into data/texture, or name its "
      "folder with --data-root or CEBM_DATA.");
}

}  // namespace

void TextureOptions::fields(Fields& visit) { pictures.visit(visit); }

DatasetEntry texture() {
  auto row = make_entry<TextureOptions, DatasetEntry>(
      "texture", "textures of 47 kinds, 5,640 pictures (Describable Textures; Cimpoi et al. 2014), all in any split",
      "{limit: 100}", [](const TextureOptions& options, const DataContext& context) {
        require_split("texture", context.split, {"train", "test"});
        return std::make_shared<Dataset>(load_pictures("texture", find_pictures(context), options.pictures, context));
      });
  return with_image_shape<TextureOptions>(std::move(row),
                                          [](const TextureOptions& options, const DataContext& context) {
                                            return picture_shape("texture", options.pictures, context);
                                          });
}

}  // namespace cebm
