#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/random.h>
#include <cebm/text.h>

#include <algorithm>
#include <iostream>

#include "programs/data_commands.h"
#include "programs/streams.h"

namespace cebm::app {

namespace {

constexpr std::int64_t kPerClass = 10;

/// Indices of the images shown, row by row; -1 for an empty cell.
struct Selection {
  std::vector<std::int64_t> indices;
  std::int64_t columns = 0;
};

Selection any_images(const Dataset& set, const DataFlags& flags) {
  const std::int64_t count = std::min(flags.count, set.size());
  Selection chosen{random_subset(set.size(), count, {flags.seed, Stream::user}), flags.columns};
  while (chosen.columns * chosen.columns < count && flags.columns == 0) ++chosen.columns;
  chosen.columns = std::min(chosen.columns, count);
  return chosen;
}

/// One row per class; a class with too few images leaves cells empty, one without any has no row.
Selection rows_of_classes(const Dataset& set, const DataFlags& flags) {
  Selection chosen{{}, flags.columns == 0 ? kPerClass : flags.columns};
  for (std::size_t label = 0; label < set.classes.size(); ++label) {
    const torch::Tensor members = at::nonzero(set.labels == static_cast<std::int64_t>(label)).flatten();
    if (members.numel() == 0) continue;
    const std::int64_t count = std::min(chosen.columns, members.numel());
    for (const std::int64_t i : random_subset(members.numel(), count, {flags.seed, Stream::user, label}))
      chosen.indices.push_back(members[i].item<std::int64_t>());
    chosen.indices.insert(chosen.indices.end(), static_cast<std::size_t>(chosen.columns - count), -1);
  }
  if (chosen.indices.empty()) throw ConfigError("--per-class: the images of " + set.name + " have no labels");
  return chosen;
}

torch::Tensor images_of(const Dataset& set, const Selection& chosen) {
  const torch::Tensor index = torch::tensor(chosen.indices, at::kLong);
  torch::Tensor images = set.images.index_select(0, index.clamp_min(0));
  return images.masked_fill_((index < 0).view({-1, 1, 1, 1}), 0);
}

std::string class_of(const Dataset& set, std::int64_t index) {
  const std::int64_t label = set.labels[index].item<std::int64_t>();
  if (label < 0) return "?";
  const auto place = static_cast<std::size_t>(label);
  return place < set.classes.size() ? printable(set.classes[place]) : std::to_string(label);
}

void print_labels(const Dataset& set, const Selection& chosen, bool one_class_a_row) {
  const auto columns = static_cast<std::size_t>(chosen.columns);
  for (std::size_t first = 0; first < chosen.indices.size(); first += columns) {
    std::cout << "row " << first / columns + 1 << ": " << class_of(set, chosen.indices[first]);
    const std::size_t end = one_class_a_row ? first : std::min(first + columns, chosen.indices.size());
    for (std::size_t i = first + 1; i < end; ++i) std::cout << ", " << class_of(set, chosen.indices[i]);
    std::cout << "\n";
  }
}

}  // namespace

int draw_data(const Catalog& catalog, const DataFlags& flags) {
  if (flags.out.extension() != ".png")
    throw ConfigError("expected a file name ending in .png, found " + flags.out.string());
  flags.common.apply();
  keep_going_without_readers();
  const auto set = load_data(catalog, flags, flags.split);
  if (const auto folder = flags.out.parent_path(); !folder.empty()) require_writable_directory(folder);
  const Selection chosen = flags.per_class ? rows_of_classes(*set, flags) : any_images(*set, flags);
  write_png(flags.out, make_grid(images_of(*set, chosen), {.columns = chosen.columns}));
  std::cout << flags.out.string() << "\n";
  if (flags.labels || flags.per_class) print_labels(*set, chosen, flags.per_class);
  return 0;
}

}  // namespace cebm::app
