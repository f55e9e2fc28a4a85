#include "data/derived.h"
#include "data/rows.h"

namespace cebm {

namespace {

constexpr std::int64_t kPairBlock = 1024;  // images at a time, as 16-bit integers

/// Each image is the mean of two different images of the other set.
torch::Tensor interpolate(const Derivation& derivation) {
  const auto others = static_cast<std::uint64_t>(derivation.images.size(0));
  const torch::Tensor first = at::empty({derivation.count}, at::kLong);
  const torch::Tensor second = at::empty({derivation.count}, at::kLong);
  for (std::int64_t i = 0; i < derivation.count; ++i) {
    const auto chain = static_cast<std::uint32_t>(i);
    const auto a = static_cast<std::uint64_t>(random_unit(derivation.key, chain, 0) * static_cast<double>(others));
    const auto step =
        static_cast<std::uint64_t>(random_unit(derivation.key, chain, 1) * static_cast<double>(others - 1));
    first.data_ptr<std::int64_t>()[i] = static_cast<std::int64_t>(a);
    second.data_ptr<std::int64_t>()[i] = static_cast<std::int64_t>((a + 1 + step) % others);
  }
  std::vector<torch::Tensor> parts;
  for (std::int64_t begin = 0; begin < derivation.count; begin += kPairBlock) {
    const std::int64_t size = std::min(kPairBlock, derivation.count - begin);
    const auto images = [&](const torch::Tensor& index) {
      return derivation.images.index_select(0, index.narrow(0, begin, size)).to(at::kShort);
    };
    parts.push_back(images(first).add_(images(second)).add_(1).div_(2, "floor").to(at::kByte));
  }
  return at::cat(parts);
}

}  // namespace

DatasetEntry interpolation() {
  return derived_entry(DerivedSet::interpolation, "interpolation",
                       "means of two images of another set (Grathwohl et al. 2019, JEM)", interpolate);
}

}  // namespace cebm
