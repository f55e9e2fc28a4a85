#include <cebm/errors.h>

#include "data/picture_set.h"
#include "data/rows.h"
#include "data/set_files.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTexture = "texture";
constexpr const char* kFirstTexture = "banded";

/// Searches dtd/images and images below each folder of the set, and the folder itself if it is named as the set. In a
/// data root of another name, images may be somebody's own: there, they are the set's if they have its first class.
PictureFolder find_pictures(const DataContext& context) {
  std::string searched;
  const auto folder_with_classes = [&](const fs::path& folder, bool is_of_set) -> PictureFolder {
    std::error_code error;
    if (fs::is_directory(is_of_set ? folder : folder / kFirstTexture, error)) {
      PictureFolder pictures = list_pictures(folder);
      if (!pictures.classes.empty() && !pictures.files.empty()) return pictures;
    }
    searched += "\n  " + folder.string();
    return {};
  };
  for (const auto& folder : data_folders(kTexture, context)) {
    const bool is_of_set = folder.filename() == kTexture;
    std::vector<fs::path> places = {folder / "dtd" / "images", folder / "images"};
    if (is_of_set) places.push_back(folder);
    for (const auto& place : places) {
      PictureFolder pictures = folder_with_classes(place, is_of_set);
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
      kTexture, "textures of 47 kinds, 5,640 pictures (Describable Textures; Cimpoi et al. 2014), all in any split",
      "{limit: 100}", [](const TextureOptions& options, const DataContext& context) {
        require_split(kTexture, context.split, {"train", "test"});
        return std::make_shared<Dataset>(load_pictures(kTexture, find_pictures(context), options.pictures, context));
      });
  return with_image_shape<TextureOptions>(std::move(row),
                                          [](const TextureOptions& options, const DataContext& context) {
                                            return picture_shape(kTexture, options.pictures, context);
                                          });
}

}  // namespace cebm
