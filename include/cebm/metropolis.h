/// Transitions that leave a density exp{-U(x)} exactly invariant: proposals along the gradient, accepted or rejected by
/// the Metropolis rule. Pure functions of the chains' states, their ids and a key: for samplers, and for evaluators
/// that move chains on other energies (annealed importance sampling: U = beta E + (1 - beta) E_0).
///
/// Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011): momenta p ~ N(0, 1), then L leapfrog steps of size e,
///   p <- p - (e/2) dU/dx,  x <- x + e p,  p <- p - (e/2) dU/dx,
/// and the end is accepted with probability min(1, exp{U(x) + |p|^2/2 - U(x') - |p'|^2/2}). With L = 1 this is MALA
/// (Roberts and Tweedie 1996) with alpha = e^2: x' = x - (alpha/2) dU/dx + sqrt(alpha) p.
#pragma once

#include <cebm/chains.h>
#include <cebm/engine.h>
#include <cebm/random.h>

#include <cstdint>
#include <functional>

namespace cebm {

/// U and dU/dx of images [B, C, H, W], float32 and channels-last like them. Must not depend on the rest of the batch.
using Potential = std::function<EnergyGradient(const torch::Tensor& x)>;

/// U(x) = E(x) / temperature; the engine must outlive it. temperature > 0.
Potential potential_of(Engine& engine, double temperature = 1.0);

/// How chains are kept in the box [-1, 1]^D. Both ways are exact for the density exp{-U(x)} restricted to the box:
///   reject:  a proposal outside is rejected
///   reflect: a pixel that hits a wall is mirrored and its momentum reversed, at the time of the impact (Neal 2011,
///            Section 5.5.1.5): paths stay reversible and preserve volume, so the Metropolis rule is the same
enum class Walls { none, reject, reflect };

/// The proposal of one transition.
struct HamiltonianStep {
  double size = 0.1;           ///< e > 0
  std::int64_t leapfrogs = 1;  ///< L >= 1
  Walls walls = Walls::none;
};

/// Names the random numbers of one transition; two transitions need different steps.
struct TransitionKey {
  std::uint64_t seed = 1;
  std::uint64_t step = 0;
  Stream momenta = Stream::langevin;       ///< normal numbers, so MALA's noise is that of a Langevin step
  Stream acceptance = Stream::acceptance;  ///< one uniform number for each chain
};

/// The outcome for each chain.
struct Transition {
  torch::Tensor accepted;     ///< [B] bool
  torch::Tensor probability;  ///< [B] float32: of acceptance; 0 where U(x') or dU/dx is not a number
};

/// Moves the chains in place. `here` must be potential(chains.x) and is updated to the new states, so that successive
/// transitions compute every point once. With walls, chains must start inside.
/// Energies are compared in float64 but computed in float32: a difference below 1e-7 U(x) is lost.
/// A chain's results depend on neither the rest of the batch nor the number of threads.
/// Throws std::invalid_argument if the chains' shapes, types or layout are not those of Chains, if the size is not
/// above 0, or if L < 1.
Transition hmc_transition(const Potential& potential, Chains& chains, EnergyGradient& here, const HamiltonianStep& step,
                          const TransitionKey& key);

/// The same with one leapfrog step of size sqrt(alpha).
Transition mala_transition(const Potential& potential, Chains& chains, EnergyGradient& here, double alpha, Walls walls,
                           const TransitionKey& key);

}  // namespace cebm
