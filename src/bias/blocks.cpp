#include "bias/blocks.h"

#include <ATen/ops/one_hot.h>

namespace cebm {

torch::Tensor one_hot_draw(const torch::Tensor& logits, const torch::Tensor& u) {
  const std::int64_t classes = logits.size(-1);
  const torch::Tensor below = torch::softmax(logits, -1).cumsum(-1) < u;
  return at::one_hot(below.sum(-1).clamp_max(classes - 1), classes).to(logits.scalar_type());
}

}  // namespace cebm
