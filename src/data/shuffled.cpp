#include "data/derived.h"
#include "data/rows.h"

namespace cebm {

namespace {

/// Each image of the other set, in turn, with its pixels in a random order of its own; a pixel's channels stay
/// together.
torch::Tensor shuffle(const Derivation& derivation) {
  const torch::Tensor& others = derivation.images;
  const std::int64_t pixels = others.size(2) * others.size(3);
  std::vector<torch::Tensor> images;
  for (std::int64_t i = 0; i < derivation.count; ++i) {
    RandomKey key = derivation.key;
    key.seed = random_bits(derivation.key, static_cast<std::uint32_t>(i), 0);
    const torch::Tensor order = torch::tensor(random_permutation(pixels, key), at::kLong);
    const torch::Tensor image = others[i % others.size(0)];
    images.push_back(image.flatten(1).index_select(1, order).view(image.sizes()));
  }
  return at::stack(images);
}

}  // namespace

DatasetEntry shuffled() {
  return derived_entry(DerivedSet::shuffled, "shuffled",
                       "images of another set with their pixels in random order: the same values without the shapes",
                       shuffle);
}

}  // namespace cebm
