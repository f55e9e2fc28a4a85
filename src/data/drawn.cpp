#include "data/drawn.h"

#include <cebm/errors.h>

#include "data/limit.h"
#include "data/set_files.h"

namespace cebm {

void DrawnOptions::fields(Fields& visit) {
  visit.integer("count", count, {1, 10000000}, "images of a split");
  visit.integer("size", size, {0, 4096}, "height and width of an image; 0: what the model has, else 28");
  visit.integer("channels", channels, {0, 3}, "1 grey, 3 RGB; 0: what the model has, else 1");
  visit.integer("seed", seed, {0, std::numeric_limits<std::int64_t>::max()}, "seed of the images; 0: that of the run");
  visit_limit(visit, limit);
}

namespace {

ImageShape shape_of(const DrawnOptions& options, const DataContext& context) {
  if (options.channels == 2) {
    throw ConfigError("data.channels: expected 1 (grey) or 3 (RGB), or 0 for what the model has, found 2");
  }
  ImageShape shape = context.image.value_or(ImageShape{1, 28, 28});
  if (options.size > 0) shape.height = shape.width = options.size;
  if (options.channels > 0) shape.channels = options.channels;
  return shape;
}

Drawing drawing_of(DrawnSet set, const std::string& name, const DrawnOptions& options, const DataContext& context) {
  require_split(name, context.split, {"train", "test"});
  Drawing drawing;
  drawing.shape = shape_of(options, context);
  drawing.count = limited(options.count, options.limit);
  drawing.key = {.seed = options.seed > 0 ? static_cast<std::uint64_t>(options.seed) : context.seed,
                 .stream = Stream::synthetic_data,
                 .step = 2 * static_cast<std::uint64_t>(set) + (context.split == "train" ? 0 : 1)};
  return drawing;
}

}  // namespace

DatasetEntry drawn_entry(DrawnSet set, const std::string& name, const std::string& summary,
                         torch::Tensor (*draw)(const Drawing& drawing)) {
  auto row = make_entry<DrawnOptions, DatasetEntry>(
      name, summary, "{count: 100}", [=](const DrawnOptions& options, const DataContext& context) {
        const Drawing drawing = drawing_of(set, name, options, context);
        return std::make_shared<Dataset>(Dataset{.name = name,
                                                 .split = context.split,
                                                 .images = draw(drawing),
                                                 .labels = at::full({drawing.count}, -1, at::kLong),
                                                 .classes = {},
                                                 .files = {}});
      });
  return with_image_shape<DrawnOptions>(std::move(row), shape_of);
}

}  // namespace cebm
