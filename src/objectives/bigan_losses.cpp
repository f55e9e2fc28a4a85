#include <cebm/losses.h>

namespace cebm {

namespace {

/// Mean binary cross-entropy of logits against the label "data" or "generated".
torch::Tensor cross_entropy(const torch::Tensor& logits, bool data) {
  return -at::log_sigmoid(data ? logits : -logits).mean();
}

}  // namespace

BiganLosses bigan_losses(const torch::Tensor& real, const torch::Tensor& fake) {
  BiganLosses result;
  result.discriminator = cross_entropy(real, true) + cross_entropy(fake, false);
  result.generator = cross_entropy(real, false) + cross_entropy(fake, true);
  result.real_probability = real.sigmoid().mean();
  result.fake_probability = fake.sigmoid().mean();
  return result;
}

}  // namespace cebm
