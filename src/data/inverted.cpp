#include "data/derived.h"
#include "data/rows.h"

namespace cebm {

namespace {

/// The other set's images in turn, with every pixel p replaced by 255 - p.
torch::Tensor invert(const Derivation& derivation) {
  const torch::Tensor rows = at::arange(derivation.count).remainder_(derivation.images.size(0));
  return derivation.images.index_select(0, rows).bitwise_not_();
}

}  // namespace

DatasetEntry inverted() {
  return derived_entry(DerivedSet::inverted, "inverted",
                       "negatives of the images of another set: the same shapes with other values", invert);
}

}  // namespace cebm
