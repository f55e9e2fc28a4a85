/// Sampling a conjugate EBM's joint density p(x, y, z) piece by piece: images for a given latent code, images of a
/// given mixture component, and image and code together.
///
/// The conditional densities are energy models like any other, so every Sampler serves them. Each image of a batch may
/// have a condition of its own; the batch then has as many images as there are conditions, and EnergyModel::rows gives
/// the energy of a part of it.
#pragma once

#include <cebm/model.h>
#include <cebm/sampler.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace cebm {

/// The energy of p(x | z),
///   E(x, z) = -(lambda + t(x))^T eta(z) + A(lambda)                                          (paper, Eq. 7),
/// in a mixture, where the component is summed out,
///   E(x, z) = -log (1/L) sum_l exp{(lambda_l + t_l(x))^T eta(z) - A(lambda_l)}.
/// The base measure's log h(z), which does not depend on x, is left out: int exp{-E(x, z)} h(z) dz = exp{-E(x)}.
/// `z` is [B, K], row b for image b, or [1, K] for all images.
/// Throws ConfigError if the model's bias is not a JointBias, std::invalid_argument if z has another shape.
std::shared_ptr<EnergyModel> energy_given_latent(std::shared_ptr<Cebm> model, const torch::Tensor& z);

/// The energy of p(x | y),
///   E(x, y = l) = -sum_k {A(lambda_lk + t_lk(x)) - A(lambda_lk)} + log L            (paper, Appendix A.2),
/// so that sum_l exp{-E(x, y = l)} = exp{-E(x)}.
/// `y` is int64 [B], counted from 0, entry b for image b, or [1] for all images.
/// Throws ConfigError if the model's bias is not a ComponentBias or has no such component, std::invalid_argument if y
/// has another shape or type.
std::shared_ptr<EnergyModel> energy_given_component(std::shared_ptr<Cebm> model, const torch::Tensor& y);

/// How long advance_joint goes on: `sweeps` times a draw of z and then `steps` of the sampler. Both are at least 1.
struct JointSweeps {
  std::int64_t sweeps = 1;
  std::int64_t steps = 1;
};

/// Called after each sweep with its 1-based number, the chains, and the codes z [B, K] that they were moved with.
using JointObserver = std::function<void(std::int64_t sweep, const Chains& chains, const torch::Tensor& z)>;

/// Samples the joint density p(x, z) by alternating
///   z ~ p(z | x)                              exactly, from the closed-form posterior (paper, Eq. 9),
///   x <- `steps` of the sampler on E(x, z)    with that z held.
/// Moves the chains in place and returns the last z, [B, K]. The Langevin noise is that of Sampler::advance; a sweep
/// that begins at step t draws z from (seed, Stream::latent, chain, t), so two calls of 5 sweeps equal one of 10 if
/// the second's first_step is 5 * steps later. A schedule of the sampler runs anew in every sweep.
/// Throws as energy_given_latent; std::invalid_argument for fewer than one sweep or step.
torch::Tensor advance_joint(const std::shared_ptr<Cebm>& model, const Sampler& sampler, Chains& chains,
                            JointSweeps length, std::uint64_t seed, std::uint64_t first_step,
                            const JointObserver& observer = {});

}  // namespace cebm
