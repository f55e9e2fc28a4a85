#include <c10/core/GradMode.h>
#include <cebm/engine.h>
#include <cebm/errors.h>
#include <cebm/objective.h>

#include <cmath>

#include "base/option_text.h"
#include "core/upload.h"
#include "objectives/by_ranks.h"

namespace cebm {

namespace {

/// An image's noise level is random word number kLevelWord of its chain, beyond the words of any pixel's noise.
constexpr std::uint32_t kLevelWord = 1U << 31U;

class DsmObjective final : public Objective {
 public:
  DsmObjective(const DsmOptions& options, const ObjectiveContext& context, std::shared_ptr<EnergyModel> model)
      : options_(options),
        seed_(context.seed),
        ranks_(context.ranks),
        model_(std::move(model)),
        engine_(make_engine(*model_, context.device)) {}

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    const RandomKey key{seed_, Stream::score_noise, step};
    const torch::Tensor sigma = levels(batch.ids, key, batch.images.device());
    const torch::Tensor noise = torch::empty_like(batch.clean, torch::MemoryFormat::ChannelsLast);
    fill_normal(noise, key, uploaded(batch.ids, noise.device()));
    noise.mul_(sigma);
    const torch::Tensor x = batch.clean + noise;
    const torch::Tensor scale = options_.scale == ScoreScale::fixed
                                    ? sigma.square()
                                    : torch::full_like(sigma, options_.sigma_0 * options_.sigma_0);
    const torch::Tensor residual = scale * gradient_of_all(*ranks_, *engine_, x) - noise;
    const torch::Tensor square = residual.square().mean({1, 2, 3}, /*keepdim=*/true);  // per image and pixel
    const torch::Tensor shift = options_.difference * square.clamp_min(1e-24).rsqrt();
    add_score_gradient(x, shift * residual, scale / (sigma.square() * shift));
    return {{"loss", (square / sigma.square()).mean()}};
  }

 private:
  /// Adds the gradient of mean_b weight_b [E(x_b + shift_b) - E(x_b - shift_b)] / d.
  void add_score_gradient(const torch::Tensor& x, const torch::Tensor& shift, const torch::Tensor& weight) const {
    const double images = static_cast<double>(x.numel());  // B d
    const torch::Tensor factor = torch::cat({weight, -weight}).flatten() / images;
    add_weight_gradient(*ranks_, *engine_, model_->parameters(), torch::cat({x + shift, x - shift}),
                        [&](const torch::Tensor& energies) { return energies.dot(factor); });
  }

  /// sigma of each image, [B, 1, 1, 1].
  torch::Tensor levels(const torch::Tensor& ids, RandomKey key, torch::Device device) const {
    const torch::Tensor chains = ids.to(torch::kCPU).contiguous();
    std::vector<float> all;
    for (std::int64_t b = 0; b < chains.size(0); ++b) {
      const auto chain = static_cast<std::uint32_t>(chains.const_data_ptr<std::int64_t>()[b]);
      const double low = std::log(options_.sigma_min);
      const double high = std::log(options_.sigma_max);
      all.push_back(static_cast<float>(std::exp(low + (high - low) * random_unit(key, chain, kLevelWord))));
    }
    return uploaded(torch::tensor(all), device).view({-1, 1, 1, 1});
  }

  DsmOptions options_;
  std::uint64_t seed_;
  std::shared_ptr<Ranks> ranks_;
  std::shared_ptr<EnergyModel> model_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

void DsmOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, ScoreScale> scales[] = {{"fixed", ScoreScale::fixed},
                                                                  {"multi_scale", ScoreScale::multi_scale}};
  visit.real("sigma_min", sigma_min, {1e-4, 100.0}, "least std of the noise");
  visit.real("sigma_max", sigma_max, {1e-4, 100.0}, "largest std of the noise; levels are log-uniform in between");
  visit.enumeration<ScoreScale>("scale", scale, scales,
                                "how one energy answers for all levels: fixed, it is that of the noisy data; or "
                                "multi_scale, times (sigma_0 / sigma)^2 (Li, Chen and Sommer 2019)");
  visit.when({scale == ScoreScale::multi_scale, "scale: multi_scale"}, [&] {
    visit.real("sigma_0", sigma_0, {1e-4, 100.0}, "level at which the energy is that of the noisy data");
  });
  visit.real("difference", difference, {1e-6, 1.0},
             "root mean square, per pixel, of the step between the two energies whose difference is taken");
}

std::vector<Metric> DsmOptions::metrics() const {
  return {{.name = "loss",
           .unit = "squared error per pixel; 1: that of a constant energy",
           .shown = true,
           .curve = {"Denoising score matching", "error"}}};
}

std::shared_ptr<Objective> make_dsm(const DsmOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<EnergyModel>(context.model);
  if (!model) throw ConfigError("objective.name: dsm trains energy-based models, and this model has no energy");
  if (options.sigma_min > options.sigma_max) {
    throw ConfigError("sigma_min: expected at most sigma_max (" + number_text(options.sigma_max) + "), found " +
                      number_text(options.sigma_min));
  }
  return std::make_shared<DsmObjective>(options, context, std::move(model));
}

}  // namespace cebm
