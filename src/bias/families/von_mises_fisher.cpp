#include <ATen/ops/linalg_vector_norm.h>
#include <cebm/families.h>

#include <algorithm>
#include <cmath>

#include "bias/bessel.h"
#include "bias/blocks.h"
#include "bias/gamma_draw.h"
#include "bias/rejection.h"

namespace cebm {

namespace {

constexpr std::uint32_t kDirectionAttempts = 64;  // each accepts about two thirds of the remaining entries

/// In float64: the normaliser is a small difference of large numbers.
BesselRatio ratio_of(const torch::Tensor& blocks) {
  const double nu = 0.5 * static_cast<double>(blocks.size(-1)) - 1.0;
  return bessel_ratio(nu, blocks.to(torch::kFloat64).square().sum(-1));
}

/// R(kappa) / kappa, [..., F, 1].
torch::Tensor slope_of(const torch::Tensor& blocks) {
  return ratio_of(blocks).slope.to(blocks.scalar_type()).unsqueeze(-1);
}

/// Cosine of the angle to the mean direction for concentrations [n, F] in D dimensions (Wood 1994, Section 2).
torch::Tensor draw_cosine(const torch::Tensor& kappa, std::int64_t size, const Draws& draws) {
  const double m = static_cast<double>(size) - 1.0;
  const torch::Tensor b = m / (2.0 * kappa + (4.0 * kappa.square() + m * m).sqrt());
  const torch::Tensor x0 = (1.0 - b) / (1.0 + b);
  const torch::Tensor c = kappa * x0 + m * (-x0.square()).log1p();
  const auto propose = [&](const torch::Tensor& rows, const Draws& all, std::uint32_t attempt) -> Proposals {
    const Draws own = all.part(attempt);
    const auto of = [&rows](const torch::Tensor& values) { return values.index_select(0, rows); };
    const torch::Tensor half = torch::full_like(of(kappa), 0.5 * m);
    const torch::Tensor beta = (log_gamma_draw(half, own.part(0)) - log_gamma_draw(half, own.part(1))).sigmoid();
    const torch::Tensor cosine = (1.0 - (1.0 + of(b)) * beta) / (1.0 - (1.0 - of(b)) * beta);
    const torch::Tensor score = of(kappa) * cosine + m * (-of(x0) * cosine).log1p() - of(c);
    return {cosine, score.ge(own.uniform(0, kappa.size(-1)).log())};
  };
  const torch::Tensor cosine = draw_by_rejection(x0, draws, kDirectionAttempts, propose);
  return cosine.clamp(-1.0, 1.0);
}

torch::Tensor unit(const torch::Tensor& vectors) {
  return vectors / at::linalg_vector_norm(vectors, 2, torch::IntArrayRef{-1}, /*keepdim=*/true).clamp_min(1e-30);
}

}  // namespace

std::string VonMisesFisherFamily::name() const { return "von_mises_fisher of " + std::to_string(size_); }

std::vector<Domain> VonMisesFisherFamily::domain() const { return {Domain::real}; }

torch::Tensor VonMisesFisherFamily::sufficient_statistics(const torch::Tensor& z) const { return z.unsqueeze(-2); }

torch::Tensor VonMisesFisherFamily::log_partition(const torch::Tensor& natural) const {
  return ratio_of(in_blocks(natural.squeeze(-2), size_)).log_integral.to(natural.scalar_type());
}

torch::Tensor VonMisesFisherFamily::mean_parameters(const torch::Tensor& natural) const {
  return mean(natural).unsqueeze(-2);
}

torch::Tensor VonMisesFisherFamily::log_base_measure(const torch::Tensor& z) const {
  return torch::zeros_like(in_blocks(z, size_).select(-1, 0));
}

torch::Tensor VonMisesFisherFamily::mean(const torch::Tensor& natural) const {
  const torch::Tensor blocks = in_blocks(natural.squeeze(-2), size_);
  return (slope_of(blocks) * blocks).flatten(-2);
}

torch::Tensor VonMisesFisherFamily::variance(const torch::Tensor& natural) const {
  // E[z z^T] = rho I + (1 - D rho) mu mu^T with rho = R / kappa.
  const torch::Tensor blocks = in_blocks(natural.squeeze(-2), size_);
  const torch::Tensor rho = slope_of(blocks);
  const torch::Tensor second = rho + (1.0 - static_cast<double>(size_) * rho) * unit(blocks).square();
  return (second - (rho * blocks).square()).flatten(-2);
}

torch::Tensor VonMisesFisherFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  const torch::Tensor blocks = in_blocks(natural.squeeze(-2), size_).to(torch::kFloat64);
  const torch::Tensor kappa = at::linalg_vector_norm(blocks, 2, torch::IntArrayRef{-1});
  const torch::Tensor towards = unit(blocks);
  const torch::Tensor cosine = draw_cosine(kappa, size_, draws.part(0)).unsqueeze(-1);
  const torch::Tensor noise = draws.normal(0, natural.size(-1)).view(blocks.sizes()).to(torch::kFloat64);
  const torch::Tensor sideways = unit(noise - (noise * towards).sum(-1, /*keepdim=*/true) * towards);
  const torch::Tensor z = cosine * towards + (1.0 - cosine.square()).sqrt() * sideways;
  // For kappa = 0 the noise's direction alone is uniform on the sphere.
  const torch::Tensor drawn = torch::where(kappa.gt(0.0).unsqueeze(-1), z, sideways);
  return drawn.flatten(-2).to(natural.scalar_type());
}

torch::Tensor VonMisesFisherFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return parameters;
}

}  // namespace cebm
