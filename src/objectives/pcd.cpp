#include <c10/core/GradMode.h>
#include <cebm/conditional.h>
#include <cebm/errors.h>
#include <cebm/losses.h>
#include <cebm/objective.h>

#include <algorithm>

#include "core/load_each.h"
#include "objectives/by_ranks.h"
#include "samplers/free_step.h"

namespace cebm {

namespace {

constexpr const char* kChainsOutside =
    "The chains have left the range of images, [-1, 1]: the sampler's noise is more than the energy can hold together. "
    "Take less noise (sampler.noise=fixed sampler.noise_std=0.0075) or sampler.boundary=clamp";
constexpr const char* kGapAtBound =
    "Data and chains are as far apart as the penalty objective.energy_l2 lets them be: the chains do not come near the "
    "data, and nothing is learned from here on. Take larger steps with less noise (sampler.alpha=2 sampler.noise=fixed "
    "sampler.noise_std=0.0075), more sampler.steps, or a lower train.optimizer.learning_rate";

/// 1 for each chain of [N, C, H, W] that is flat or has every pixel at or beyond the edge of [-1, 1], 0 for the others.
torch::Tensor dead(const torch::Tensor& images) {
  constexpr double kFlat = 1e-3;
  const torch::Tensor pixels = images.permute({0, 2, 3, 1}).flatten(1);
  const auto [low, high] = pixels.aminmax(1);
  return (high - low).lt(kFlat).logical_or_(std::get<0>(pixels.abs().min(1)).ge(1.0)).to(torch::kFloat);
}

/// Root mean squared difference between two of the images [N, C, H, W] per pixel: zero when all look alike.
double spread(const torch::Tensor& images) {
  return images.var(0, /*unbiased=*/false).mean().mul(2.0).sqrt().item<double>();
}

/// Chain by chain: LibTorch would split one large sum among its threads, and the rounding would depend on their number.
torch::Tensor root_mean_square(const torch::Tensor& chains) { return chains.square().mean({1, 2, 3}).mean().sqrt(); }

class Pcd final : public Objective {
 public:
  Pcd(const PcdOptions& options, const ObjectiveContext& context, std::shared_ptr<EnergyModel> model)
      : contrast_(options.contrast),
        data_augmentation_(options.data_augmentation),
        chain_augmentation_(options.chain_augmentation),
        seed_(context.seed),
        ranks_(context.ranks),
        model_(std::move(model)),
        sampler_(options.chains.build()),
        engine_(make_engine(*model_, context.device, sampler_->precision())),
        buffer_(options.buffer, model_->image_shape(), context.seed, context.device,
                start_images(context.data, context.device), context.ranks),
        steps_(context.steps),
        component_steps_(options.buffer.component_steps) {
    if (component_steps_ == 0) return;
    components_ = std::dynamic_pointer_cast<Cebm>(model_);
    const auto* const bias = components_ ? dynamic_cast<const ComponentBias*>(&components_->bias()) : nullptr;
    if (bias == nullptr || bias->components() < 2) {
      throw ConfigError("buffer.component_steps: expected 0, for this model's bias has no components to choose from");
    }
    component_count_ = bias->components();
  }

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    const torch::Tensor data = augmented_data(batch, step);
    Chains chains = buffer_.draw(batch.size(), step);
    sampler_->set_progress(step, steps_);
    const Shares shares = shares_of_tiles(*ranks_, chains.x);
    Chains own = own_of(chains, shares);
    if (chain_augmentation_.changes_images()) {
      own.x = augmented(own.x, own.ids, chain_augmentation_, {seed_, Stream::chain_augmentation, step});
    }
    const auto most = static_cast<std::uint64_t>(sampler_->most_steps());
    const std::uint64_t first_step = std::max(step * most, free_step_);
    free_step_ = first_step + most;
    const StepValues moved = means_of_ranks(*ranks_, move(own, first_step), shares);
    sampler_->adapt(moved);
    chains.x = gather_images(*ranks_, own.x, shares);
    buffer_.store(chains);
    last_samples_ = chains.x;
    last_batch_ = data;

    // One pass over data and samples together: larger convolutions, half the launches.
    ContrastiveDivergence cd;
    const auto loss = [&](const torch::Tensor& energies) {
      const auto split = energies.split(batch.size());
      last_energies_ = {split[0].detach(), split[1].detach()};
      cd = contrastive_divergence(split[0], split[1], contrast_);
      return cd.loss;
    };
    add_weight_gradient(*ranks_, *engine_, model_->parameters(), torch::cat({data, chains.x}), loss);
    StepValues values{{"loss", cd.loss.detach()},
                      {"energy_data", cd.energy_data.detach()},
                      {"energy_model", cd.energy_model.detach()},
                      {"energy_gap", cd.gap.detach()},
                      {"energy_l2", cd.regularizer.detach()},
                      {"gap_of_bound", cd.gap_of_bound.detach()},
                      {"chain_rms", root_mean_square(chains.x)}};
    values.insert(values.end(), moved.begin(), moved.end());
    return values;
  }

  NamedValues measure(std::uint64_t step) const override {
    const torch::NoGradGuard no_graph;
    const double saturated = last_samples_.abs().ge(1.0).to(torch::kFloat).mean().item<double>();
    return {{"chains_restarted", static_cast<double>(buffer_.restarted())},
            {"chain_age", buffer_.mean_age(step + 1)},
            {"pixels_saturated", saturated},
            {"sample_spread", spread(last_samples_)},
            {"data_spread", spread(last_batch_)},
            {"buffer_dead", dead(buffer_.images()).mean().item<double>()}};
  }

  torch::Tensor showcase(std::int64_t count) const override { return buffer_.first(count); }

  NamedTensors distributions() const override {
    return {{"energies_data", last_energies_.first}, {"energies_model", last_energies_.second}};
  }

  std::string engine() const override { return engine_->name(); }

  void save(State& state) const override {
    buffer_.save(state);
    sampler_->save(state);
    keep_free_step(state, free_step_);
  }
  void load(const State& state) override {
    load_each({{"buffer: ", [&] { buffer_.load(state); }},
               {"sampler: ", [&] { sampler_->load(state); }},
               {"sampler: ", [&] { free_step_ = free_step_of(state); }}});
  }

 private:
  /// Makes all steps of a call: first those on p(x | y) of the slots' components, if any.
  StepValues move(Chains& chains, std::uint64_t first_step) {
    const std::int64_t steps = sampler_->default_steps();
    const std::int64_t of_component = std::min(component_steps_, steps);
    StepValues moved;
    if (of_component > 0) {
      const auto given = energy_given_component(components_, chains.ids.remainder(component_count_));
      moved = sampler_->advance(*given, chains, of_component, seed_, first_step);
    }
    if (of_component == steps) return moved;
    return sampler_->advance(*engine_, chains, steps - of_component, seed_,
                             first_step + static_cast<std::uint64_t>(of_component));
  }

  Chains own_of(const Chains& chains, const Shares& shares) const {
    return {ranks_->own(chains.x, shares), ranks_->own(chains.ids, shares), ranks_->own(chains.calls, shares)};
  }

  /// The batch with its noise on the changed images: changing noisy ones would blur and clip the noise.
  torch::Tensor augmented_data(const Batch& batch, std::uint64_t step) const {
    if (!data_augmentation_.changes_images()) return batch.images;
    return augmented(batch.clean, batch.ids, data_augmentation_, {seed_, Stream::augmentation, step})
        .add_(batch.images - batch.clean);
  }

  ContrastForm contrast_;
  AugmentationOptions data_augmentation_;
  AugmentationOptions chain_augmentation_;
  std::uint64_t seed_;
  std::shared_ptr<Ranks> ranks_;
  std::shared_ptr<EnergyModel> model_;
  std::shared_ptr<Sampler> sampler_;
  std::unique_ptr<Engine> engine_;  ///< moves chains and trains weights, which it packs once a step
  ReplayBuffer buffer_;
  std::uint64_t steps_;          ///< of the whole training
  std::uint64_t free_step_ = 0;  ///< the first chain step whose noise no call has used; 0: that of the gradient step
  std::int64_t component_steps_;
  std::shared_ptr<Cebm> components_;  ///< the model, where slots belong to components
  std::int64_t component_count_ = 0;
  torch::Tensor last_samples_;
  torch::Tensor last_batch_;
  std::pair<torch::Tensor, torch::Tensor> last_energies_;  ///< of data and of samples
};

}  // namespace

PcdOptions::PcdOptions(const Catalog& catalog) : chains(catalog, "sgld") {}

void PcdOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, Contrast> kinds[] = {{"difference", Contrast::difference},
                                                               {"softplus", Contrast::softplus},
                                                               {"cross_entropy", Contrast::cross_entropy}};
  visit.real("energy_l2", contrast.energy_l2, {0.0, 1e6}, "coefficient of the squared energies (Du and Mordatch 2019)");
  visit.enumeration<Contrast>("contrast", contrast.kind, kinds,
                              "what the energies of data and of samples are made to: their difference; its softplus; "
                              "or the cross-entropy of telling data from samples by the energy");
  visit.when({contrast.kind == Contrast::difference, "contrast: difference"}, [&] {
    visit.real("gap_bound", contrast.gap_bound, {0.0, 1e6},
               "a gap (data - samples) below minus this no longer pushes (Energy Matching 2025); 0: no bound");
  });
  visit.real("trimmed", contrast.trimmed, {0.0, 0.99},
             "share of the samples that the contrast leaves out, those with the highest energies");
  visit.section("data_augmentation", data_augmentation, "changes of the images whose likelihood is learned");
  visit.section("chain_augmentation", chain_augmentation, "changes of the chains before they move (Du et al. 2021)");
}

void PcdOptions::sections(Fields& visit) {
  visit.variant("sampler", chains, "how chains move");
  visit.section("buffer", buffer, "replay buffer of persistent chains");
}

std::vector<Metric> PcdOptions::metrics() const {
  const MetricCurve gap{"Energy gap (data - samples)", "gap"};
  const auto energy = [](const char* name, const char* label) {
    return Metric{
        .name = name, .unit = "mean energy", .shown = true, .curve = {"Energy of data and of samples", label}};
  };
  const auto row = [](Metric metric) {
    metric.when = Metric::When::row;
    return metric;
  };
  const auto variety = [&](const char* name, const char* label) {
    return row({.name = name,
                .unit = "RMS difference of two images, per pixel",
                .shown = std::string(label) == "samples",
                .curve = {"Variety of the samples", label}});
  };
  const Watch max_gap{
      .key = "max_energy_gap", .limit = 1e4, .help = "limit on |energy_data - energy_model| of a step; 0: none"};
  const Watch gap_drift{
      .of = Watch::Of::drift,
      .key = "max_gap_drift",
      .help =
          "limit on the difference between the mean gaps of the last drift_window and 10 drift_window steps; 0: none"};
  const Watch at_bound{
      .of = Watch::Of::mean,
      .key = "max_gap_of_bound",
      .limit = 0.9,
      .range = {0.0, 1.0},
      .help =
          "limit on the gap as a share of the bound that energy_l2 sets, mean of about drift_window steps: at 1 data "
          "and chains are as far apart as they can be and nothing is learned; 0: none",
      .advice = kGapAtBound};
  const bool bounded = contrast.kind == Contrast::difference;  // the other forms have no such bound
  const Watch outside{
      .of = Watch::Of::mean,
      .key = "max_chain_rms",
      .limit = 1.5,
      .help =
          "limit on the root mean square of the chains' pixels, mean of about drift_window steps; images have at "
          "most 1, chains above it have left [-1, 1]; 0: none",
      .advice = kChainsOutside};
  const Watch saturated{.key = "max_pixels_saturated",
                        .limit = 1.0,
                        .off = 1.0,
                        .range = {0.0, 1.0},
                        .help = "limit on the share of the chains' pixels at or beyond the edge of [-1, 1]; 1: none"};
  const Watch dead{
      .key = "max_buffer_dead",
      .limit = 0.5,
      .off = 1.0,
      .range = {0.0, 1.0},
      .help = "limit on the share of the buffer's chains that are flat or have every pixel at the edge; 1: none"};
  std::vector<Metric> all{
      {.name = "loss", .shown = true},
      energy("energy_data", "data"),
      energy("energy_model", "samples"),
      {.name = "energy_gap", .unit = "mean energy", .shown = true, .curve = gap, .watches = {max_gap, gap_drift}},
      {.name = "energy_l2"},
      {.name = "gap_of_bound", .watches = bounded ? std::vector{at_bound} : std::vector<Watch>{}},
      {.name = "chain_rms", .unit = "pixel", .watches = {outside}},
      row({.name = "chains_restarted", .unit = "chains"}),
      row({.name = "chain_age", .unit = "gradient steps"}),
      row({.name = "pixels_saturated", .watches = {saturated}}),
      variety("sample_spread", "samples"),
      variety("data_spread", "data"),
      row({.name = "buffer_dead", .watches = {dead}})};
  const auto moved = dynamic_cast<const SamplerOptions&>(chains.options()).metrics();
  all.insert(all.begin() + 7, moved.begin(), moved.end());
  return all;
}

std::shared_ptr<Objective> make_pcd(const PcdOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<EnergyModel>(context.model);
  if (!model) throw ConfigError("objective.name: pcd trains energy-based models, and this model has no energy");
  if (options.buffer.size < context.batch_size) {
    throw ConfigError("buffer.size: expected at least a chain for each image of a batch (train.batch_size: " +
                      std::to_string(context.batch_size) + "), found " + std::to_string(options.buffer.size));
  }
  options.data_augmentation.require_ranges("data_augmentation");
  options.chain_augmentation.require_ranges("chain_augmentation");
  return std::make_shared<Pcd>(options, context, std::move(model));
}

}  // namespace cebm
