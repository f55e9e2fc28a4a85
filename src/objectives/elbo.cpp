#include <c10/core/GradMode.h>
#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <cebm/losses.h>
#include <cebm/objective.h>
#include <cebm/tiles.h>
#include <cebm/vae.h>

#include <algorithm>

#include "engine/cuda/device_back_end.h"
#include "engine/elbo_gradient.h"
#include "objectives/by_ranks.h"

namespace cebm {

namespace {

class ElboObjective final : public Objective {
 public:
  ElboObjective(const ElboOptions& options, const ObjectiveContext& context, std::shared_ptr<Vae> model)
      : options_(options),
        seed_(context.seed),
        ranks_(context.ranks),
        device_(context.device),
        model_(std::move(model)),
        gradient_(*model_, device_, work_device(device_)) {}

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    const double kl_weight = options_.kl_weight_at(step);
    NegativeElbo result;
    add_elbo_gradient(*ranks_, gradient_, model_->parameters(), batch.clean, noise(batch.size(), step),
                      [&](const torch::Tensor& values) {
                        result = negative_elbo(values.select(1, 0), values.select(1, 1), kl_weight);
                        return result.loss;
                      });
    return {{"loss", result.loss.detach()},
            {"elbo", result.elbo.detach()},
            {"log_likelihood", result.log_likelihood.detach()},
            {"kl", result.kl.detach()}};
  }

  NamedValues measure(std::uint64_t step) const override { return {{"kl_weight", options_.kl_weight_at(step)}}; }

  torch::Tensor showcase(std::int64_t count) const override {
    const torch::NoGradGuard no_graph;
    // The same codes every time, so that pictures differ by the model only.
    const torch::Tensor z = model_->prior().expand(count).sample({seed_, Stream::latent, kShowcaseStep});
    return map_rows(z, [&](const torch::Tensor& codes, std::int64_t) {
      return to_symmetric(model_->generate(codes), model_->pixel_range());
    });
  }

 private:
  /// A draw number that no training reaches.
  static constexpr std::uint64_t kShowcaseStep = (std::uint64_t{1} << 56U) - 1;

  /// Noise of the images' samples, [B, S, K]; an image's noise depends only on the step and its row in the batch.
  torch::Tensor noise(std::int64_t images, std::uint64_t step) const {
    const auto on_device = torch::TensorOptions(device_);
    const torch::Tensor rows = torch::arange(images, on_device.dtype(torch::kInt64));
    const torch::Tensor all =
        torch::empty({options_.samples, images, model_->latent_dim()}, on_device.dtype(torch::kFloat));
    for (std::int64_t s = 0; s < options_.samples; ++s) {
      const std::uint64_t draw = step * static_cast<std::uint64_t>(options_.samples) + static_cast<std::uint64_t>(s);
      fill_normal(all[s], {seed_, Stream::latent, draw}, rows);
    }
    return all.transpose(0, 1);
  }

  ElboOptions options_;
  std::uint64_t seed_;
  std::shared_ptr<Ranks> ranks_;
  torch::Device device_;
  std::shared_ptr<Vae> model_;
  ElboGradient gradient_;
};

}  // namespace

void ElboOptions::fields(Fields& visit) {
  visit.integer("samples", samples, {1, 10000}, "latent codes drawn for each image");
  visit.integer("kl_warmup_steps", kl_warmup_steps, {0, 1000000000},
                "the KL term's weight rises linearly from 0 to 1 over this many steps; 0: always 1");
}

std::vector<Metric> ElboOptions::metrics() const {
  const auto nats = [](const char* name, const char* chart, const char* label) {
    return Metric{.name = name, .unit = "nats per image", .shown = true, .curve = {chart, label}};
  };
  return {{.name = "loss", .unit = "nats per image", .shown = true},
          nats("elbo", "Evidence lower bound", "ELBO"),
          nats("log_likelihood", "Evidence lower bound", "log-likelihood"),
          nats("kl", "KL divergence of the posterior from the prior", "KL"),
          {.name = "kl_weight", .when = Metric::When::row}};
}

double ElboOptions::kl_weight_at(std::uint64_t step) const {
  if (kl_warmup_steps == 0) return 1.0;
  return std::min(1.0, static_cast<double>(step) / static_cast<double>(kl_warmup_steps));
}

std::shared_ptr<Objective> make_elbo(const ElboOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<Vae>(context.model);
  if (!model) throw ConfigError("objective.name: elbo trains variational autoencoders, and this model is none");
  return std::make_shared<ElboObjective>(options, context, std::move(model));
}

}  // namespace cebm
