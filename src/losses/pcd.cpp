#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/losses.h>
#include <cebm/objective.h>
#include <cebm/tiles.h>

namespace cebm {

namespace {

/// Share of the chains [N, C, H, W] that no longer show anything: flat, or every pixel at the edge of [-1, 1].
double dead_share(const torch::Tensor& images) {
  constexpr double kFlat = 1e-3;
  const torch::Tensor pixels = images.permute({0, 2, 3, 1}).flatten(1);
  const auto [low, high] = pixels.aminmax(1);
  const torch::Tensor dead = (high - low).lt(kFlat).logical_or_(std::get<0>(pixels.abs().min(1)).ge(1.0));
  return dead.to(torch::kFloat).mean().item<double>();
}

/// Root mean squared difference between two of the images [N, C, H, W] per pixel: zero when all look alike.
double spread(const torch::Tensor& images) {
  return images.var(0, /*unbiased=*/false).mean().mul(2.0).sqrt().item<double>();
}

/// Chain by chain: LibTorch would divide one large sum among its threads, and round differently with each number of
/// them.
torch::Tensor root_mean_square(const torch::Tensor& chains) { return chains.square().mean({1, 2, 3}).mean().sqrt(); }

class Pcd final : public Objective {
 public:
  Pcd(const PcdOptions& options, const ObjectiveContext& context, std::shared_ptr<EnergyModel> model)
      : energy_l2_(options.energy_l2),
        seed_(context.seed),
        device_(context.device),
        model_(std::move(model)),
        sampler_(context.sampler),
        buffer_(context.buffer, model_->image_shape(), context.seed, context.device) {}

  LossTerms add_gradient(const torch::Tensor& batch, std::uint64_t step) override {
    Chains chains = buffer_.draw(batch.size(0), step);
    const std::int64_t sampler_steps = sampler_->default_steps();
    sampler_->advance(*model_, chains, sampler_steps, seed_, step * static_cast<std::uint64_t>(sampler_steps));
    buffer_.store(chains);
    last_samples_ = chains.x;
    last_batch_ = batch;

    // One pass over data and samples together: larger convolutions, half the launches.
    ContrastiveDivergence cd;
    add_energy_loss_gradient(*model_, torch::cat({batch, chains.x}), [&](const torch::Tensor& energies) {
      const auto split = energies.split(batch.size(0));
      cd = contrastive_divergence(split[0], split[1], energy_l2_);
      return cd.loss;
    });
    return {{"loss", cd.loss.detach()},
            {"energy_data", cd.energy_data.detach()},
            {"energy_model", cd.energy_model.detach()},
            {"energy_gap", cd.gap.detach()},
            {"energy_l2", cd.regularizer.detach()},
            {"gap_of_bound", cd.gap_of_bound.detach()},
            {"chain_rms", root_mean_square(chains.x)}};
  }

  std::vector<std::string> metric_names() const override {
    return {"loss",          "energy_data", "energy_model",     "energy_gap", "energy_l2",
            "gap_of_bound",  "chain_rms",   "chains_restarted", "chain_age",  "pixels_saturated",
            "sample_spread", "data_spread", "buffer_dead"};
  }

  std::vector<double> statistics(std::uint64_t step) const override {
    const torch::NoGradGuard no_graph;
    const double saturated = last_samples_.abs().ge(1.0).to(torch::kFloat).mean().item<double>();
    return {static_cast<double>(buffer_.restarted()),
            buffer_.mean_age(step + 1),
            saturated,
            spread(last_samples_),
            spread(last_batch_),
            dead_share(buffer_.images())};
  }

  torch::Tensor showcase(std::int64_t count) const override {
    return buffer_.images().narrow(0, 0, std::min(count, buffer_.size())).clone();
  }

  std::string engine() const override { return sampler_->engine(*model_, device_); }

  void save(State& state) const override { buffer_.save(state); }
  void load(const State& state) override { buffer_.load(state); }

 private:
  double energy_l2_;
  std::uint64_t seed_;
  torch::Device device_;
  std::shared_ptr<EnergyModel> model_;
  std::shared_ptr<Sampler> sampler_;
  ReplayBuffer buffer_;
  torch::Tensor last_samples_;
  torch::Tensor last_batch_;
};

}  // namespace

void PcdOptions::fields(Fields& visit) {
  visit.real("energy_l2", energy_l2, {0.0, 1e6}, "coefficient of the squared energies (Du and Mordatch 2019)");
}

std::shared_ptr<Objective> make_pcd(const PcdOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<EnergyModel>(context.model);
  if (!model) throw ConfigError("objective.name: pcd trains energy-based models, and this model has no energy");
  if (context.buffer.size < context.batch_size) {
    throw ConfigError("buffer.size: expected at least a chain for each image of a batch (train.batch_size: " +
                      std::to_string(context.batch_size) + "), found " + std::to_string(context.buffer.size));
  }
  return std::make_shared<Pcd>(options, context, std::move(model));
}

}  // namespace cebm
