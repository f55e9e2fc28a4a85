// Shared code of the sets whose images are made from another set's.
#pragma once

#include <cebm/dataset.h>
#include <cebm/dataset_options.h>

#include <string>

namespace cebm {

/// The images to make. Image i depends only on the other set's images, key and i.
struct Derivation {
  torch::Tensor images;  ///< of the other set, [N, C, H, W] uint8
  RandomKey key;
  std::int64_t count = 0;
};

enum class DerivedSet : std::uint64_t { interpolation = 16, shuffled = 17, inverted = 18 };

/// The registry row of a set without labels whose images `make` computes. Building throws ConfigError for a split other
/// than train and test, if `of` is the set itself, or if neither `of` nor the context gives the other set; DataError if
/// that has fewer than 2 images.
DatasetEntry derived_entry(DerivedSet set, const std::string& name, const std::string& summary,
                           torch::Tensor (*make)(const Derivation& derivation));

}  // namespace cebm
