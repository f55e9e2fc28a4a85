// What sets share whose images are made of those of another set.
#pragma once

#include <cebm/dataset.h>
#include <cebm/dataset_options.h>

#include <string>

namespace cebm {

/// What is to be made. Image i depends on nothing but the other set's images, key and i.
struct Derivation {
  torch::Tensor images;  ///< of the other set, [N, C, H, W] uint8
  RandomKey key;
  std::int64_t count = 0;
};

enum class DerivedSet : std::uint64_t { interpolation = 16, shuffled = 17, inverted = 18 };

/// A row for a set whose images are what `make` gives, without labels. Building throws ConfigError for a split other
/// than train and test, and where neither `of` nor the context names the other set; DataError for an empty one.
DatasetEntry derived_entry(DerivedSet set, const std::string& name, const std::string& summary,
                           torch::Tensor (*make)(const Derivation& derivation));

}  // namespace cebm
