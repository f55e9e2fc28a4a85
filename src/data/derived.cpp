#include "data/derived.h"

#include <cebm/errors.h>

#include "data/limit.h"
#include "data/set_files.h"

namespace cebm {

void DerivedOptions::fields(Fields& visit) {
  visit.text("of", of, "the set whose images these are made of; empty: the one that the run was trained on");
  visit.integer("count", count, {0, 10000000}, "images of a split; 0: as many as the other set's has");
  visit.integer("seed", seed, {0, std::numeric_limits<std::int64_t>::max()}, "of what is drawn; 0: that of the run");
  visit_limit(visit, limit);
}

namespace {

std::shared_ptr<Dataset> other_set(const std::string& name, const DerivedOptions& options, const DataContext& context) {
  if (options.of == name) throw ConfigError(name + ".of: expected another set, found itself");
  if (!options.of.empty()) {
    const Choice<DatasetEntry> data(*options.catalog, options.of);
    return read_dataset(data, context);
  }
  if (!context.own) {
    throw ConfigError("data set " + name + ": expected `of`, the set whose images it is made of, found none");
  }
  return context.own(context.split);
}

/// The image shape of the other set, which is read if its shape is not known otherwise.
ImageShape shape_of_other(const std::string& name, const DerivedOptions& options, const DataContext& context) {
  if (!options.of.empty() && options.of != name) {
    if (const auto shape = image_shape_of(Choice<DatasetEntry>(*options.catalog, options.of), context)) return *shape;
  }
  return other_set(name, options, context)->image_shape();
}

}  // namespace

DatasetEntry derived_entry(DerivedSet set, const std::string& name, const std::string& summary,
                           torch::Tensor (*make)(const Derivation& derivation)) {
  auto row = make_entry<DerivedOptions, DatasetEntry>(
      name, summary, "{of: constant, count: 100}", [=](const DerivedOptions& options, const DataContext& context) {
        require_split(name, context.split, {"train", "test"});
        const auto other = other_set(name, options, context);
        if (other->size() < 2) {
          throw DataError("data set " + name + ": expected at least 2 images of " + other->name + ", found " +
                          std::to_string(other->size()));
        }
        Derivation derivation;
        derivation.images = other->images;
        derivation.key = {.seed = options.seed > 0 ? static_cast<std::uint64_t>(options.seed) : context.seed,
                          .stream = Stream::synthetic_data,
                          .step = 2 * static_cast<std::uint64_t>(set) + (context.split == "train" ? 0 : 1)};
        derivation.count = limited(options.count > 0 ? options.count : other->size(), options.limit);
        return std::make_shared<Dataset>(Dataset{.name = name,
                                                 .split = context.split,
                                                 .images = make(derivation),
                                                 .labels = at::full({derivation.count}, -1, at::kLong),
                                                 .classes = {},
                                                 .files = {}});
      });
  return with_image_shape<DerivedOptions>(std::move(row),
                                          [name](const DerivedOptions& options, const DataContext& context) {
                                            return shape_of_other(name, options, context);
                                          });
}

}  // namespace cebm
