#include <c10/core/GradMode.h>
#include <c10/util/StringUtil.h>
#include <cebm/joint.h>
#include <cebm/tiles.h>

#include <stdexcept>

namespace cebm {

namespace {

/// z ~ p(z | x) for every chain, [B, K].
torch::Tensor draw_latent(Cebm& model, const Chains& chains, RandomKey key) {
  const std::int64_t count = chains.x.size(0);
  const torch::Tensor z = torch::empty({count, model.bias().latent_dim()}, chains.x.options());
  for_each_tile(chains.x.device(), count, [&](const Tile& tile) {
    const LatentDistribution posterior = model.posterior(chains.x.narrow(0, tile.begin, tile.size));
    z.narrow(0, tile.begin, tile.size).copy_(posterior.sample(key, chains.ids.narrow(0, tile.begin, tile.size)));
  });
  return z;
}

}  // namespace

torch::Tensor advance_joint(const std::shared_ptr<Cebm>& model, const Sampler& sampler, Chains& chains,
                            JointSweeps length, std::uint64_t seed, std::uint64_t first_step,
                            const JointObserver& observer) {
  if (length.sweeps < 1 || length.steps < 1) {
    throw std::invalid_argument(c10::str("advance_joint: expected at least one sweep and one step, found ",
                                         length.sweeps, " and ", length.steps));
  }
  const torch::NoGradGuard no_graph;
  // One energy and one engine for all sweeps: the codes change in place, so that recorded steps find them at the same
  // address.
  const torch::Tensor held = torch::zeros({chains.x.size(0), model->bias().latent_dim()}, chains.x.options());
  const auto given = energy_given_latent(model, held);
  const auto engine = make_engine(*given, chains.x.device(), sampler.precision());
  for (std::int64_t sweep = 0; sweep < length.sweeps; ++sweep) {
    const std::uint64_t step = first_step + static_cast<std::uint64_t>(sweep * length.steps);
    held.copy_(draw_latent(*model, chains, {seed, Stream::latent, step}));
    sampler.advance(*engine, chains, length.steps, seed, step);
    if (observer) observer(sweep + 1, chains, held.clone());
  }
  return held;
}

}  // namespace cebm
