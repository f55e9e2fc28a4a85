#include <ATen/ops/softplus.h>
#include <cebm/families.h>

#include <cmath>

namespace cebm {

std::string BernoulliFamily::name() const { return "bernoulli"; }

std::vector<Domain> BernoulliFamily::domain() const { return {Domain::real}; }

torch::Tensor BernoulliFamily::sufficient_statistics(const torch::Tensor& z) const { return z.unsqueeze(-2); }

torch::Tensor BernoulliFamily::log_partition(const torch::Tensor& natural) const {
  // Linear only from 40 on, where e^-n is below float64's rounding.
  return at::softplus(natural.squeeze(-2), /*beta=*/1.0, /*threshold=*/40.0);
}

torch::Tensor BernoulliFamily::mean_parameters(const torch::Tensor& natural) const { return natural.sigmoid(); }

torch::Tensor BernoulliFamily::log_base_measure(const torch::Tensor& z) const { return torch::zeros_like(z); }

torch::Tensor BernoulliFamily::mean(const torch::Tensor& natural) const { return natural.squeeze(-2).sigmoid(); }

torch::Tensor BernoulliFamily::variance(const torch::Tensor& natural) const {
  return mean(natural) * (-natural.squeeze(-2)).sigmoid();
}

torch::Tensor BernoulliFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  return draws.uniform(0, natural.size(-1)).lt(mean(natural)).to(natural.scalar_type());
}

torch::Tensor BernoulliFamily::natural_from_unconstrained(const torch::Tensor& parameters) const { return parameters; }

}  // namespace cebm
