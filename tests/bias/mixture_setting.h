// A Gaussian mixture bias whose meaning is also written out from formulas, for the tests of its laws.
#pragma once

#include <cebm/bias.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "support/numeric.h"

namespace cebm {

struct MixtureCase {
  const char* name;
  std::int64_t components;
  bool per_component;
};

/// A bias in float64 with uneven means and scales, statistics for it, and what both mean, from formulas.
struct Setting {
  Setting(const MixtureCase& which, std::int64_t latent_dim, bool learnable = true)
      : mu(normal({which.components, latent_dim}, {.seed = 1}).to(torch::kFloat64) * 1.5),
        log_sigma(normal({which.components, latent_dim}, {.seed = 2}).to(torch::kFloat64) * 0.4),
        bias(std::make_shared<GaussianFamily>(), torch::stack({mu, log_sigma}, 1), learnable, which.per_component) {
    const std::int64_t sets = which.per_component ? which.components : 1;
    const torch::Tensor raw = normal({5, sets, 2, latent_dim}, {.seed = 3}).to(torch::kFloat64);
    statistics = torch::stack({2.0 * raw.select(2, 0), -raw.select(2, 1).square()}, 2);
  }

  /// log of sum_l (1 / L) N(z; mu_l, sigma_l) exp{t_l . (z, z^2)} at every point, [n, B]; points [n, K].
  torch::Tensor log_joint(const torch::Tensor& points) const {
    const torch::Tensor z = points.unsqueeze(1).unsqueeze(1);  // [n, 1, 1, K]
    const torch::Tensor log_normal =
        -0.5 * ((z - mu) / log_sigma.exp()).square() - log_sigma - 0.5 * std::log(2.0 * std::numbers::pi);
    const torch::Tensor tilt = statistics.select(2, 0) * z + statistics.select(2, 1) * z * z;
    return torch::logsumexp((log_normal + tilt).sum(-1), -1) - std::log(static_cast<double>(mu.size(0)));
  }

  torch::Tensor mu;
  torch::Tensor log_sigma;
  MixtureBias bias;
  torch::Tensor statistics;
};

/// Quadrature points over z in one or two dimensions, [n, K], and the logarithm of a cell's size.
struct Points {
  explicit Points(std::int64_t latent_dim) {
    const Grid line = latent_dim == 1 ? fine_grid(-40, 40, 20001) : fine_grid(-14, 14, 401);
    z = latent_dim == 1 ? line.points.unsqueeze(1) : torch::cartesian_prod({line.points, line.points});
    log_cell = static_cast<double>(latent_dim) * std::log(line.spacing);
  }
  torch::Tensor z;
  double log_cell;
};

inline std::vector<MixtureCase> mixture_cases() {
  return {{"single", 1, false}, {"single_per_component", 1, true}, {"shared", 3, false}, {"per_component", 3, true}};
}

}  // namespace cebm
