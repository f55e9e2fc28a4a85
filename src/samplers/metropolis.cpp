#include <ATen/ops/where.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <c10/util/StringUtil.h>
#include <cebm/metropolis.h>
#include <cebm/tiles.h>

#include <cmath>
#include <stdexcept>

#include "core/rows.h"

namespace cebm {

namespace {

/// Positions and momenta of the chains along a trajectory.
struct Phase {
  torch::Tensor x;
  torch::Tensor momentum;
};

/// [B] -> [B, 1, 1, 1].
torch::Tensor as_column(const torch::Tensor& values) { return values.view({-1, 1, 1, 1}); }

/// 1/2 (|p'|^2 - |p|^2) of each chain in float64: the difference is small beside the squares.
torch::Tensor kinetic_difference(const torch::Tensor& after, const torch::Tensor& before) {
  const torch::Tensor products = (after - before).mul_(after + before).permute({0, 2, 3, 1}).flatten(1);
  return map_rows(products, [](const torch::Tensor& rows, std::int64_t) {
    return rows.sum(1, /*keepdim=*/false, torch::kFloat64).mul_(0.5);
  });
}

/// Mirrors pixels that left [-1, 1] back, and flips the sign of their momentum once per wall met.
void bounce(Phase& phase) {
  const torch::Tensor fold = ((phase.x + 1.0) * 0.5).floor_();
  const torch::Tensor sign = 1.0 - 2.0 * fold.remainder(2.0);
  phase.x = phase.x.sub_(fold * 2.0).mul_(sign).clamp_(-1.0, 1.0);  // the sum may round across an end
  phase.momentum.mul_(sign);
}

/// Whether every pixel of each image is inside [-1, 1], [B].
torch::Tensor inside(const torch::Tensor& x) { return x.abs().flatten(1).amax(1).le(1.0); }

void check(const Chains& chains, const HamiltonianStep& step) {
  rows_of(chains.x, chains.ids, "transition");  // throws if the chains do not fit
  if (!(step.size > 0.0) || !std::isfinite(step.size) || step.leapfrogs < 1) {
    throw std::invalid_argument(c10::str("transition: expected a step size above 0 and at least one leapfrog step, ",
                                         "found ", step.size, " and ", step.leapfrogs));
  }
}

/// Leapfrog steps from `phase`; returns U and dU/dx at their end.
EnergyGradient integrate(const Potential& potential, Phase& phase, const torch::Tensor& gradient,
                         const HamiltonianStep& step) {
  EnergyGradient there;
  phase.momentum.sub_(gradient, step.size / 2);
  for (std::int64_t i = 0; i < step.leapfrogs; ++i) {
    phase.x = phase.x.add(phase.momentum, step.size);
    if (step.walls == Walls::reflect) bounce(phase);
    there = potential(phase.x);
    phase.momentum.sub_(there.gradient, i + 1 < step.leapfrogs ? step.size : step.size / 2);
  }
  return there;
}

torch::Tensor uniform_of_chains(const torch::Tensor& ids, RandomKey key) {
  const torch::Tensor numbers = torch::empty(ids.sizes(), ids.options().dtype(torch::kFloat32));
  fill_uniform(numbers, key, ids);
  return numbers;
}

}  // namespace

Potential potential_of(Engine& engine, double temperature) {
  return [&engine, temperature](const torch::Tensor& x) {
    EnergyGradient at = engine.energies_and_gradient(x);
    if (temperature == 1.0) return at;
    return EnergyGradient{at.energies / temperature, at.gradient / temperature};
  };
}

Transition hmc_transition(const Potential& potential, Chains& chains, EnergyGradient& here, const HamiltonianStep& step,
                          const TransitionKey& key) {
  check(chains, step);
  const at::NoGradGuard no_grad;
  const c10::OptionalDeviceGuard device(chains.x.device());
  const torch::Tensor start = torch::empty_like(chains.x);
  fill_normal(start, {key.seed, key.momenta, key.step}, chains.ids);
  Phase phase{chains.x, start.clone()};
  const EnergyGradient there = integrate(potential, phase, here.gradient, step);

  const torch::Tensor rise = there.energies.to(torch::kFloat64) - here.energies.to(torch::kFloat64) +
                             kinetic_difference(phase.momentum, start);
  torch::Tensor possible = rise.isfinite().logical_or_(rise.eq(-std::numeric_limits<double>::infinity()));
  if (step.walls == Walls::reject) possible = possible.logical_and_(inside(phase.x));
  const torch::Tensor probability =
      torch::where(possible, rise.neg().clamp_max_(0.0).exp_(), torch::zeros_like(rise)).to(torch::kFloat32);
  const torch::Tensor accepted = uniform_of_chains(chains.ids, {key.seed, key.acceptance, key.step}).lt(probability);

  chains.x.copy_(torch::where(as_column(accepted), phase.x, chains.x));
  here = {torch::where(accepted, there.energies, here.energies),
          torch::where(as_column(accepted), there.gradient, here.gradient)};
  return {accepted, probability};
}

Transition mala_transition(const Potential& potential, Chains& chains, EnergyGradient& here, double alpha, Walls walls,
                           const TransitionKey& key) {
  return hmc_transition(potential, chains, here, {.size = std::sqrt(alpha), .walls = walls}, key);
}

}  // namespace cebm
