#include "eval/features/image_features.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace cebm {

namespace {

constexpr std::int64_t kImagesTogether = 512;  // whole tiles

}  // namespace

torch::Tensor features_of(ImageFeatures& features, const torch::Tensor& images) {
  const torch::NoGradGuard no_graph;
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& part : images.split(kImagesTogether)) {
    parts.push_back(features(part.scalar_type() == torch::kByte ? to_float(part) : part.clamp(-1.0, 1.0)));
  }
  return torch::cat(parts);
}

}  // namespace cebm
