#include <c10/core/GradMode.h>
#include <cebm/bigan.h>
#include <cebm/errors.h>
#include <cebm/losses.h>
#include <cebm/objective.h>
#include <cebm/tiles.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

namespace cebm {

namespace {

/// Adds d loss / d weights to the weights' grad().
void add_gradient_of(const torch::Tensor& loss, const std::vector<torch::Tensor>& weights) {
  const auto gradients = torch::autograd::grad({loss}, weights);
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    torch::Tensor& sum = weights[i].mutable_grad();
    sum = sum.defined() ? sum.add_(gradients[i]) : gradients[i];
  }
}

class BiganObjective final : public Objective {
 public:
  BiganObjective(const BiganOptions& options, const ObjectiveContext& context, std::shared_ptr<Bigan> model)
      : options_(options),
        seed_(context.seed),
        steps_(context.steps),
        device_(context.device),
        model_(std::move(model)) {}

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    const torch::AutoGradMode record(true);
    const std::int64_t count = batch.size();
    Pairs fake;
    fake.z = model_->draw_prior(count, {seed_, Stream::latent, 2 * step});
    fake.x = noisy(model_->render(fake.z), step, 1);
    Pairs real;
    real.z = model_->encode(batch.clean, noise({count, model_->latent_dim()}, {seed_, Stream::latent, 2 * step + 1}),
                            {seed_, Stream::encoder_dropout, step});
    real.x = noisy(batch.clean, step, 0);

    // Both players train on the same pairs; the second judgement draws a new dropout mask.
    const BiganLosses first = judge(real, fake, 2 * step);
    add_gradient_of(first.generator, model_->generator_weights());
    const BiganLosses second = judge(detached(real), detached(fake), 2 * step + 1);
    add_gradient_of(second.discriminator, model_->discriminator_weights());
    return {{"loss_discriminator", second.discriminator.detach()},
            {"loss_generator", first.generator.detach()},
            {"d_real", second.real_probability.detach()},
            {"d_fake", second.fake_probability.detach()}};
  }

  NamedValues measure(std::uint64_t step) const override {
    return {{"image_noise_std", options_.image_noise_std_at(step, steps_)}};
  }

  std::vector<WeightGroup> groups() const override {
    return {{"generator", model_->generator_weights()}, {"discriminator", model_->discriminator_weights()}};
  }

  torch::Tensor showcase(std::int64_t count) const override {
    const torch::NoGradGuard no_graph;
    // The same codes every time, so that pictures differ by the model only.
    const torch::Tensor z = model_->prior().expand(count).sample({seed_, Stream::latent, kShowcaseStep});
    return map_rows(z, [&](const torch::Tensor& codes, std::int64_t) { return model_->generate(codes); });
  }

 private:
  /// A draw number that no training reaches.
  static constexpr std::uint64_t kShowcaseStep = (std::uint64_t{1} << 56U) - 1;

  struct Pairs {
    torch::Tensor x;
    torch::Tensor z;
  };
  static Pairs detached(const Pairs& pairs) { return {pairs.x.detach(), pairs.z.detach()}; }

  BiganLosses judge(const Pairs& real, const Pairs& fake, std::uint64_t pass) {
    const torch::Tensor of_fake = model_->discriminate(fake.x, fake.z, {seed_, Stream::dropout, 2 * pass});
    const torch::Tensor of_real = model_->discriminate(real.x, real.z, {seed_, Stream::dropout, 2 * pass + 1});
    return bigan_losses(of_real, of_fake);
  }

  /// Images with the step's noise; `side` 0 for data, 1 for generated ones.
  torch::Tensor noisy(const torch::Tensor& images, std::uint64_t step, std::uint64_t side) const {
    const double std = options_.image_noise_std_at(step, steps_);
    if (std == 0.0) return images;
    const torch::Tensor added = torch::empty_like(images, images.options().dtype(torch::kFloat).requires_grad(false),
                                                  torch::MemoryFormat::ChannelsLast);
    fill_normal(added, {seed_, Stream::image_noise, 2 * step + side}, rows(images.size(0)));
    return images + added.to(images.scalar_type()) * std;
  }

  torch::Tensor noise(torch::IntArrayRef shape, RandomKey key) const {
    const torch::Tensor all = torch::empty(shape, torch::TensorOptions(device_).dtype(torch::kFloat));
    fill_normal(all, key, rows(shape[0]));
    return all;
  }

  torch::Tensor rows(std::int64_t count) const {
    return torch::arange(count, torch::TensorOptions(device_).dtype(torch::kInt64));
  }

  BiganOptions options_;
  std::uint64_t seed_;
  std::uint64_t steps_;
  torch::Device device_;
  std::shared_ptr<Bigan> model_;
};

}  // namespace

void BiganOptions::fields(Fields& visit) {
  visit.real("image_noise_std", image_noise_std, {0.0, 10.0},
             "std of the noise on the discriminator's images, data and generated, at the first step; it falls linearly "
             "to 0 at train.steps");
  if (image_noise_std > 0.0) visit.ends_with_training("image_noise_std");
}

std::vector<Metric> BiganOptions::metrics() const {
  const auto loss = [](const char* name, const char* player) {
    return Metric{
        .name = name, .unit = "cross-entropy, nats", .shown = true, .curve = {"Losses of the two players", player}};
  };
  const auto judgement = [](const char* name, const char* of) {
    return Metric{.name = name,
                  .unit = "mean probability",
                  .shown = true,
                  .curve = {"What the discriminator takes for data", of}};
  };
  return {loss("loss_discriminator", "discriminator"),
          loss("loss_generator", "generator and encoder"),
          judgement("d_real", "data"),
          judgement("d_fake", "generated"),
          {.name = "image_noise_std", .unit = "pixel", .when = Metric::When::row}};
}

double BiganOptions::image_noise_std_at(std::uint64_t step, std::uint64_t steps) const {
  const double left = 1.0 - static_cast<double>(step) / static_cast<double>(steps);
  return image_noise_std * std::max(0.0, left);
}

std::shared_ptr<Objective> make_bigan(const BiganOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<Bigan>(context.model);
  if (!model) throw ConfigError("objective.name: bigan trains bidirectional GANs, and this model is none");
  if (!context.ranks->alone()) {
    throw ConfigError("objective.name: bigan: expected one rank, found " + std::to_string(context.ranks->size()) +
                      ": batch normalisation makes an image's value depend on the whole batch, at every layer");
  }
  return std::make_shared<BiganObjective>(options, context, std::move(model));
}

}  // namespace cebm
