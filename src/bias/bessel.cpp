#include "bias/bessel.h"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace cebm {

namespace {

constexpr double kSmallestOrder = 20.0;
constexpr std::size_t kTerms = 8;

/// Coefficients of p^0, p^1, ... in Debye's polynomials u_0 .. u_8 (Abramowitz and Stegun, 9.3.10):
///   u_{j+1}(p) = 1/2 p^2 (1 - p^2) u_j'(p) + 1/8 int_0^p (1 - 5 q^2) u_j(q) dq.
std::vector<std::vector<double>> debye_polynomials() {
  std::vector<std::vector<double>> all{{1.0}};
  while (all.size() <= kTerms) {
    const std::vector<double>& u = all.back();
    std::vector<double> next(u.size() + 3, 0.0);
    for (std::size_t e = 0; e < u.size(); ++e) {
      const auto power = static_cast<double>(e);
      next[e + 1] += u[e] * (0.5 * power + 0.125 / (power + 1.0));
      next[e + 3] -= u[e] * (0.5 * power + 0.625 / (power + 3.0));
    }
    all.push_back(std::move(next));
  }
  return all;
}

/// sum_j u_j(p) / nu^j.
torch::Tensor debye_series(double nu, const torch::Tensor& p) {
  static const std::vector<std::vector<double>> polynomials = debye_polynomials();
  std::vector<double> coefficients(polynomials.back().size(), 0.0);
  double scale = 1.0;
  for (const std::vector<double>& polynomial : polynomials) {
    for (std::size_t e = 0; e < polynomial.size(); ++e) coefficients[e] += polynomial[e] * scale;
    scale /= nu;
  }
  torch::Tensor sum = torch::full_like(p, coefficients.back());
  for (std::size_t e = coefficients.size() - 1; e-- > 0;) sum = sum * p + coefficients[e];
  return sum;
}

/// log { Gamma(nu + 1) (2 / kappa)^nu I_nu(kappa) } for a large nu.
torch::Tensor log_integral_of_large(double nu, const torch::Tensor& squared_kappa) {
  const torch::Tensor root = (1.0 + squared_kappa / (nu * nu)).sqrt();
  const double constant = std::lgamma(nu + 1.0) - 0.5 * std::log(2.0 * std::numbers::pi * nu) - nu * std::log(nu / 2.0);
  return nu * (root - root.log1p()) - 0.5 * root.log() + debye_series(nu, root.reciprocal()).log() + constant;
}

}  // namespace

BesselRatio bessel_ratio(double nu, const torch::Tensor& squared_kappa) {
  const double steps = std::max(0.0, std::ceil(kSmallestOrder - nu));
  const double top = nu + steps;
  BesselRatio found{log_integral_of_large(top, squared_kappa), {}};
  const torch::Tensor next = log_integral_of_large(top + 1.0, squared_kappa);
  found.slope = (next - found.log_integral).exp() / (2.0 * (top + 1.0));
  for (double order = top - 1.0; order > nu - 0.5; order -= 1.0) {
    found.slope = (2.0 * (order + 1.0) + squared_kappa * found.slope).reciprocal();
    found.log_integral = found.log_integral - (2.0 * (order + 1.0) * found.slope).log();
  }
  return found;
}

}  // namespace cebm
