#include <cebm/losses.h>

namespace cebm {

LabelLoss label_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor known = labels.ge(0).to(logits.scalar_type());
  const torch::Tensor count = known.sum().clamp_min(1.0);
  const torch::Tensor of_label = torch::log_softmax(logits, 1).gather(1, labels.clamp_min(0).unsqueeze(1)).squeeze(1);
  LabelLoss result;
  result.loss = -(of_label * known).sum() / count;
  result.accuracy = (logits.detach().argmax(1).eq(labels).to(logits.scalar_type()) * known).sum() / count;
  result.labelled = known.mean();
  return result;
}

}  // namespace cebm
