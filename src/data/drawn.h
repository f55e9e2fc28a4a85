// What sets share that are drawn, not read.
#pragma once

#include <cebm/dataset.h>
#include <cebm/dataset_options.h>

#include <string>

namespace cebm {

/// What is to be drawn. Image i depends on nothing but key and i.
struct Drawing {
  RandomKey key;
  std::int64_t count = 0;
  ImageShape shape;
};

enum class DrawnSet : std::uint64_t { constant = 0, noise = 1, gaussian_noise = 2 };

/// A row for a set whose images [N, C, H, W] are what `draw` gives. Splits are drawn independently of each other, and
/// so are the sets. Building throws ConfigError for an unknown split.
DatasetEntry drawn_entry(DrawnSet set, const std::string& name, const std::string& summary,
                         torch::Tensor (*draw)(const Drawing& drawing));

}  // namespace cebm
