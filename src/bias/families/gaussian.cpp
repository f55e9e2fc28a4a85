#include <cebm/families.h>

#include <cmath>
#include <numbers>

namespace cebm {

namespace {

torch::Tensor first(const torch::Tensor& pair) { return pair.select(-2, 0); }
torch::Tensor second(const torch::Tensor& pair) { return pair.select(-2, 1); }
torch::Tensor join(const torch::Tensor& a, const torch::Tensor& b) { return torch::stack({a, b}, -2); }

}  // namespace

std::string GaussianFamily::name() const { return "gaussian"; }

std::vector<Domain> GaussianFamily::domain() const { return {Domain::real, Domain::negative}; }

torch::Tensor GaussianFamily::sufficient_statistics(const torch::Tensor& z) const { return join(z, z.square()); }

torch::Tensor GaussianFamily::log_partition(const torch::Tensor& natural) const {
  const torch::Tensor lambda2 = second(natural);
  return first(natural).square() / (-4.0 * lambda2) - 0.5 * torch::log(-2.0 * lambda2);
}

torch::Tensor GaussianFamily::mean_parameters(const torch::Tensor& natural) const {
  const torch::Tensor mu = mean(natural);
  return join(mu, mu.square() + variance(natural));
}

torch::Tensor GaussianFamily::log_base_measure(const torch::Tensor& z) const {
  return torch::full_like(z, -0.5 * std::log(2.0 * std::numbers::pi));
}

torch::Tensor GaussianFamily::log_prob(const torch::Tensor& natural, const torch::Tensor& z) const {
  const torch::Tensor lambda2 = second(natural);
  return (z - mean(natural)).square() * lambda2 + 0.5 * torch::log(-2.0 * lambda2) -
         0.5 * std::log(2.0 * std::numbers::pi);
}

torch::Tensor GaussianFamily::kl_divergence(const torch::Tensor& q, const torch::Tensor& p) const {
  const torch::Tensor ratio = second(p) / second(q);  // sigma_q^2 / sigma_p^2
  const torch::Tensor shift = (mean(q) - mean(p)).square() * (-2.0 * second(p));
  return 0.5 * (ratio + shift - 1.0 - torch::log(ratio));
}

torch::Tensor GaussianFamily::mean(const torch::Tensor& natural) const {
  return first(natural) / (-2.0 * second(natural));
}

torch::Tensor GaussianFamily::variance(const torch::Tensor& natural) const {
  return torch::reciprocal(-2.0 * second(natural));
}

torch::Tensor GaussianFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  return from_noise(natural, draws.normal(0, natural.size(-1)));
}

torch::Tensor GaussianFamily::from_noise(const torch::Tensor& natural, const torch::Tensor& noise) const {
  return mean(natural) + variance(natural).sqrt() * noise;
}

torch::Tensor GaussianFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  const torch::Tensor precision = torch::exp(-2.0 * second(parameters));
  return join(first(parameters) * precision, -0.5 * precision);
}

}  // namespace cebm
