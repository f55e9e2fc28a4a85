/// Sampling the joint density of images and codes.
#pragma once

#include <cebm/conditional.h>
#include <cebm/sampler.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace cebm {

/// Length of advance_joint: `sweeps` times a draw of z followed by `steps` of the sampler. Both are at least 1.
struct JointSweeps {
  std::int64_t sweeps = 1;
  std::int64_t steps = 1;
};

/// Called after each sweep with its 1-based number, the chains, and the codes z [B, K] that they were moved with.
using JointObserver = std::function<void(std::int64_t sweep, const Chains& chains, const torch::Tensor& z)>;

/// Samples the joint density p(x, z) by alternating
///   z ~ p(z | x)                              exactly, from the closed-form posterior (paper, Eq. 9),
///   x <- `steps` of the sampler on E(x, z)    with that z held.
/// The two agree at temperature 1 alone: a sampler of exp{-E(x, z) / T} with another T (SamplerOptions::
/// stationary_temperature) moves x at T while z has temperature 1, and the chains do not sample p(x, z).
/// Moves the chains in place and returns the last z, [B, K]. The Langevin noise is that of Sampler::advance; a sweep
/// that begins at step t draws z from (seed, Stream::latent, chain, t), so two calls of 5 sweeps equal one of 10 if
/// the second's first_step is 5 * steps later. The sampler's schedules over a call restart in every sweep.
/// Throws as energy_given_latent; std::invalid_argument for fewer than one sweep or step.
torch::Tensor advance_joint(const std::shared_ptr<Cebm>& model, const Sampler& sampler, Chains& chains,
                            JointSweeps length, std::uint64_t seed, std::uint64_t first_step,
                            const JointObserver& observer = {});

}  // namespace cebm
