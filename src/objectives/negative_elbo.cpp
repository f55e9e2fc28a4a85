#include <cebm/losses.h>

namespace cebm {

NegativeElbo negative_elbo(const torch::Tensor& log_likelihood, const torch::Tensor& kl, double kl_weight) {
  NegativeElbo result;
  result.log_likelihood = log_likelihood.mean();
  result.kl = kl.mean();
  result.elbo = result.log_likelihood - result.kl;
  result.loss = kl_weight * result.kl - result.log_likelihood;
  return result;
}

}  // namespace cebm
