#include <cebm/families.h>

#include <cmath>
#include <numbers>

namespace cebm {

std::string UnitGaussianFamily::name() const { return "unit_gaussian"; }

std::vector<Domain> UnitGaussianFamily::domain() const { return {Domain::real}; }

torch::Tensor UnitGaussianFamily::sufficient_statistics(const torch::Tensor& z) const { return z.unsqueeze(-2); }

torch::Tensor UnitGaussianFamily::log_partition(const torch::Tensor& natural) const {
  return 0.5 * natural.squeeze(-2).square();
}

torch::Tensor UnitGaussianFamily::mean_parameters(const torch::Tensor& natural) const { return natural; }

torch::Tensor UnitGaussianFamily::log_base_measure(const torch::Tensor& z) const {
  return -0.5 * z.square() - 0.5 * std::log(2.0 * std::numbers::pi);
}

torch::Tensor UnitGaussianFamily::mean(const torch::Tensor& natural) const { return natural.squeeze(-2); }

torch::Tensor UnitGaussianFamily::variance(const torch::Tensor& natural) const {
  return torch::ones_like(natural.squeeze(-2));
}

torch::Tensor UnitGaussianFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  return mean(natural) + draws.normal(0, natural.size(-1));
}

torch::Tensor UnitGaussianFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return parameters;
}

}  // namespace cebm
