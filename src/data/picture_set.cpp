#include "data/picture_set.h"

#include <cebm/errors.h>
#include <cebm/text.h>

#include <algorithm>
#include <iterator>

#include "data/picture_cache.h"

namespace cebm {

namespace {

constexpr ImageShape kDefaultShape = {3, 32, 32};
constexpr std::pair<const char*, Fit> kFits[] = {{"crop", Fit::crop}, {"stretch", Fit::stretch}};

}  // namespace

ImageShape picture_shape(const std::string& set, const PictureOptions& options, const DataContext& context) {
  ImageShape shape = context.image.value_or(kDefaultShape);
  if (options.size > 0) shape.height = shape.width = options.size;
  if (options.channels > 0) shape.channels = options.channels;
  if (shape.channels != 1 && shape.channels != 3) {
    throw ConfigError("data set " + set + ": expected images of 1 or 3 channels, found " +
                      std::to_string(shape.channels));
  }
  return shape;
}

void PictureOptions::visit(Fields& visit) {
  visit.integer("size", size, {0, 4096}, "height and width of an image; 0: what the model has, else 32");
  visit.integer("channels", channels, {0, 3}, "1 grey, 3 RGB; 0: what the model has, else 3");
  visit.enumeration<Fit>(
      "fit", fit, kFits,
      "crop: the largest centred part of a picture with the image's proportions; stretch: all of it");
  visit.harmless([&] {
    visit.boolean("cache", cache, "whether decoded pictures are kept in the user's cache folder for the next run");
  });
  visit_limit(
      visit, limit,
      "use at most this many images, the first of every class, then the second of every class, ...; 0 uses all");
}

Dataset load_pictures(const std::string& set, PictureFolder pictures, const PictureOptions& options,
                      const DataContext& context) {
  const ImageShape shape = picture_shape(set, options, context);
  std::vector<std::string> warnings = warnings_about(pictures);
  std::vector<std::string> classes;
  for (const std::string& name : pictures.classes) classes.push_back(readable(name));
  const auto all = static_cast<std::int64_t>(pictures.files.size());
  const std::int64_t count = limited(all, options.limit);
  if (count < all) {
    PictureFolder some = first_of_every_class(pictures, count);
    std::ranges::copy(warnings_about_part(pictures, some), std::back_inserter(warnings));
    pictures = std::move(some);
  }

  torch::Tensor images;
  const bool cached = options.cache && count == all;  // a subset is quick to decode, and would evict the full set
  if (cached) {
    const PictureCache cache(pictures, shape, options.fit);
    images = cache.load();
    if (!images.defined()) {
      images = read_pictures(pictures, shape, options.fit, context.progress);
      cache.store(images);
    }
  } else {
    images = read_pictures(pictures, shape, options.fit, context.progress);
  }
  return {.name = set,
          .split = context.split,
          .images = images,
          .labels = at::tensor(pictures.labels, at::kLong),
          .classes = std::move(classes),
          .files = {pictures.folder},
          .warnings = std::move(warnings)};
}

}  // namespace cebm
