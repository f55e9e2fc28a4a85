#include <ATen/ops/full_like.h>
#include <cebm/dataset.h>

#include <algorithm>
#include <limits>

namespace cebm {

Dataset with_few_labels(const Dataset& data, std::int64_t per_class, std::uint64_t seed) {
  Dataset few = data;
  const torch::Tensor known = data.labels.contiguous();
  few.labels = at::full_like(known, -1);
  const auto* const label = known.const_data_ptr<std::int64_t>();
  auto* const kept = few.labels.data_ptr<std::int64_t>();
  std::vector<std::vector<std::int64_t>> of_class(data.classes.size());
  for (std::int64_t i = 0; i < data.size(); ++i) {
    if (label[i] >= 0) of_class.at(static_cast<std::size_t>(label[i])).push_back(i);
  }
  for (std::size_t y = 0; y < of_class.size(); ++y) {
    const auto order = random_permutation(std::ssize(of_class[y]), {seed, Stream::labelled_images, y});
    const std::int64_t count = std::min(per_class, std::ssize(of_class[y]));
    for (std::int64_t i = 0; i < count; ++i) {
      kept[of_class[y][static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]] = static_cast<std::int64_t>(y);
    }
  }
  return few;
}

}  // namespace cebm
