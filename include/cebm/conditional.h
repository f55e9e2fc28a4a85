/// Sampling a conjugate EBM's joint density p(x, y, z) piece by piece: images for a given latent code, images of a
/// given mixture component, and image and code together.
///
/// The conditional densities are energy models like any other, so every Sampler can sample them. Each image of a batch
/// may have its own condition; the batch then has as many images as there are conditions, and EnergyModel::rows returns
/// the energy of a part of it.
#pragma once

#include <cebm/model.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace cebm {

/// The energy of p(x | z),
///   E(x, z) = -(lambda + t(x))^T eta(z) + A(lambda)                                          (paper, Eq. 7),
/// in a mixture, where the component is summed out,
///   E(x, z) = -log sum_l pi_l exp{(lambda_l + t_l(x))^T eta(z) - A(lambda_l)}, pi_l = 1/L in the paper.
/// The base measure's log h(z), which does not depend on x, is left out: int exp{-E(x, z)} h(z) dz = exp{-E(x)}.
/// `z` is [B, K], row b for image b, or [1, K] for all images.
/// Throws ConfigError if the model's bias is not a JointBias, std::invalid_argument if z has another shape.
std::shared_ptr<EnergyModel> energy_given_latent(std::shared_ptr<Cebm> model, const torch::Tensor& z);

/// The energy of p(x | y),
///   E(x, y = l) = -sum_k {A(lambda_lk + t_lk(x)) - A(lambda_lk)} - log pi_l         (paper, Appendix A.2),
/// so that sum_l exp{-E(x, y = l)} = exp{-E(x)}.
/// `y` is int64 [B], counted from 0, entry b for image b, or [1] for all images.
/// Throws ConfigError if the model's bias is not a ComponentBias or has no such component, std::invalid_argument if y
/// has another shape or type.
std::shared_ptr<EnergyModel> energy_given_component(std::shared_ptr<Cebm> model, const torch::Tensor& y);

}  // namespace cebm
