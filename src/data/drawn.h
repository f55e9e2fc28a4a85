// Shared code of the sets that are drawn at random, not read.
#pragma once

#include <cebm/dataset.h>
#include <cebm/dataset_options.h>

#include <string>

namespace cebm {

/// The images to draw. For a given shape, image i depends only on key and i.
struct Drawing {
  RandomKey key;
  std::int64_t count = 0;
  ImageShape shape;
};

enum class DrawnSet : std::uint64_t { constant = 0, noise = 1, gaussian_noise = 2 };

/// The registry row of a set whose images [N, C, H, W] `draw` computes. Splits, and also sets, are drawn independently
/// of each other. Building throws ConfigError for an unknown split.
DatasetEntry drawn_entry(DrawnSet set, const std::string& name, const std::string& summary,
                         torch::Tensor (*draw)(const Drawing& drawing));

}  // namespace cebm
