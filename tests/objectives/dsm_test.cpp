// Denoising score matching by differences of first derivatives.
#include <ATen/Parallel.h>
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/optimizer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "contract/rows.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::dsm_test {
namespace {

constexpr ImageShape kImage{1, 12, 10};

/// The objective's noise, [B, C, H, W] with std sigma; one level.
torch::Tensor noise_of(const Batch& batch, std::uint64_t seed, std::uint64_t step, double sigma) {
  const torch::Tensor noise = torch::empty_like(batch.clean, torch::MemoryFormat::ChannelsLast);
  fill_normal(noise, {seed, Stream::score_noise, step}, batch.ids);
  return (noise * sigma).to(torch::kFloat64);
}

class DsmGradient : public testing::TestWithParam<std::tuple<Head, ScoreScale>> {};

TEST_P(DsmGradient, IsThatOfTheLossByDoubleBackward) {
  const auto [head, scale] = GetParam();
  DsmOptions options;
  options.sigma_min = options.sigma_max = 0.3;
  options.scale = scale;
  options.sigma_0 = 0.2;
  const auto model =
      std::dynamic_pointer_cast<EnergyModel>(build_model({head, Network::small, true, "negative_square", kImage}));
  const auto exact = build_model({head, Network::small, true, "negative_square", kImage});
  exact->to(torch::kFloat64);
  const Batch batch = unlabelled(test_images(20, kImage));
  const StepValues values = make_dsm(options, ObjectiveContext{.model = model, .seed = 5})->add_gradient(batch, 4);

  const torch::Tensor noise = noise_of(batch, 5, 4, 0.3);
  const torch::Tensor x = (batch.clean.to(torch::kFloat64) + noise).requires_grad_(true);
  const torch::Tensor slope = torch::autograd::grad({exact->energy(x).sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  const double factor = scale == ScoreScale::fixed ? 0.09 : 0.04;
  const torch::Tensor loss = ((factor * slope - noise).square().mean({1, 2, 3}) / 0.09).mean();
  loss.backward();
  EXPECT_LT(relative_error(values[0].second, loss), 1e-4);
  const auto found = model->named_parameters();
  double error = 0.0;
  double norm = 0.0;
  for (const auto& item : exact->named_parameters()) {
    const torch::Tensor expected = item.value().grad();
    const torch::Tensor gradient = found[item.key()].grad().to(torch::kFloat64);
    error += (gradient - expected).square().sum().item<double>();
    norm += expected.square().sum().item<double>();
    EXPECT_LT((gradient - expected).norm().item<double>(), 1e-2 * expected.norm().item<double>()) << item.key();
  }
  EXPECT_LT(std::sqrt(error / norm), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Heads, DsmGradient,
                         testing::Combine(testing::Values(Head::gaussian, Head::mixture_shared),
                                          testing::Values(ScoreScale::fixed, ScoreScale::multi_scale)));

/// E(x) = slope times the sum of the pixels.
class LinearEnergy final : public EnergyModel {
 public:
  explicit LinearEnergy(double slope)
      : EnergyModel(kImage), slope_(register_parameter("slope", torch::full({1}, slope))) {}
  torch::Tensor energy(const torch::Tensor& x) override { return x.flatten(1).sum(1) * slope_; }
  torch::Tensor input_gradient(const torch::Tensor& x) override {
    return slope_.detach().view({1, 1, 1, 1}) * torch::ones_like(x);
  }
  torch::Tensor latent(const torch::Tensor& x) override { return x.flatten(1); }

 private:
  torch::Tensor slope_;
};

TEST(Dsm, NoiseLevelsAreLogUniform) {
  constexpr std::int64_t kImages = 600;
  constexpr double kSlope = 100.0;
  DsmOptions options;
  options.sigma_min = 0.01;
  options.sigma_max = 1.0;
  options.scale = ScoreScale::fixed;
  const auto objective =
      make_dsm(options, ObjectiveContext{.model = std::make_shared<LinearEnergy>(kSlope), .seed = 5});
  const Batch batch = unlabelled(test_images(kImages, kImage));
  const torch::Tensor noise = noise_of(batch, 5, 2, 1.0).flatten(1);
  std::vector<double> places;  // of log sigma, from 0 to 1
  for (std::int64_t i = 0; i < kImages; ++i) {
    // The loss is mean (sigma slope - n)^2 over the pixels, a square of sigma.
    const double loss = objective->add_gradient(rows_of_batch(batch, i, 1), 2)[0].second.item<double>();
    const double mean = noise[i].mean().item<double>();
    const double rest = loss - noise[i].square().mean().item<double>();
    places.push_back(std::log((mean + std::sqrt(mean * mean + rest)) / kSlope / 0.01) / std::log(100.0));
  }
  std::ranges::sort(places);
  double distance = 0.0;  // Kolmogorov and Smirnov's
  for (std::size_t i = 0; i < places.size(); ++i) {
    distance = std::max(distance, std::abs(places[i] - (static_cast<double>(i) + 0.5) / static_cast<double>(kImages)));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(static_cast<double>(kImages)))
      << "less than 0.1 % of all uniform draws have more";
}

TEST(Dsm, AnImagesNoiseLevelDoesNotDependOnItsBatch) {
  DsmOptions options;
  options.sigma_min = 0.01;
  options.sigma_max = 1.0;
  const auto model = build_model({Head::gaussian, Network::small, true, "negative_square", kImage});
  const auto objective = make_dsm(options, ObjectiveContext{.model = model, .seed = 5});
  const Batch batch = unlabelled(test_images(8, kImage));
  const double all = objective->add_gradient(batch, 0)[0].second.item<double>();
  double sum = 0.0;
  for (std::int64_t i = 0; i < 8; ++i) {
    sum += objective->add_gradient(rows_of_batch(batch, i, 1), 0)[0].second.item<double>();
  }
  EXPECT_NEAR(sum / 8.0, all, 1e-4 * all);
}

TEST(Dsm, RefusesModelsWithoutAnEnergyAndLevelsTheWrongWayRound) {
  EXPECT_THROW(make_dsm({}, ObjectiveContext{.model = example_model("vae")}), ConfigError);
  DsmOptions options;
  options.sigma_min = 1.0;
  EXPECT_THROW(make_dsm(options, ObjectiveContext{.model = example_model("cebm")}), ConfigError);
}

/// Four Gaussians of std 0.1 at the corners of a square, as images of 1 x 2 pixels.
struct Corners {
  static torch::Tensor draw(std::int64_t count, std::uint64_t step) {
    const torch::Tensor signs = uniform({count, 1, 1, 2}, {.seed = 1, .step = step}).round() * 2.0 - 1.0;
    return 0.5 * signs + 0.1 * normal({count, 1, 1, 2}, {.seed = 2, .step = step});
  }
  /// The density of these with noise of std sigma: points [N, 2] -> [N], double.
  static torch::Tensor density(const torch::Tensor& points, double sigma) {
    const double variance = 0.01 + sigma * sigma;
    const auto along = [&](std::int64_t axis) {
      const torch::Tensor x = points.select(1, axis);
      return (-(x - 0.5).square() / (2.0 * variance)).exp() + (-(x + 0.5).square() / (2.0 * variance)).exp();
    };
    return along(0) * along(1);
  }
};

TEST(Dsm, LearnsTheDensityOfNoisyDataInTwoDimensions) {
  at::set_num_threads(1);  // there is nothing to share in a model of this size
  CebmOptions model_options(catalog());
  read_options(parse_config("{latent_dim: 16, encoder: {channels: [], kernels: [], strides: [], paddings: [], "
                            "activation: silu, hidden: [64, 64], hidden_activation: silu}}"),
               model_options);
  const auto model = std::dynamic_pointer_cast<EnergyModel>(
      catalog().models.find("cebm").build(model_options, ModelContext{{1, 1, 2}, 1}));
  DsmOptions options;
  options.sigma_min = options.sigma_max = 0.15;
  options.scale = ScoreScale::fixed;
  const auto objective = make_dsm(options, ObjectiveContext{.model = model});
  AdamOptions fast;
  fast.learning_rate = 3e-3;
  Adam adam(named_parameters(*model), fast);
  for (std::uint64_t step = 0; step < 1500; ++step) {
    objective->add_gradient(unlabelled(Corners::draw(128, step)), step);
    adam.step(step);
  }
  const torch::Tensor line = torch::linspace(-1.2, 1.2, 61, torch::kFloat);
  const torch::Tensor points = torch::cartesian_prod({line, line});
  const torch::NoGradGuard no_graph;
  const torch::Tensor found = torch::softmax(-model->energy(points.view({-1, 1, 1, 2})).to(torch::kFloat64), 0);
  torch::Tensor expected = Corners::density(points.to(torch::kFloat64), 0.15);
  expected /= expected.sum();
  const auto distance = [](const torch::Tensor& a, const torch::Tensor& b) {
    return 0.5 * (a - b).abs().sum().item<double>();  // total variation
  };
  EXPECT_LT(distance(found, expected), 0.3) << "a score says little of how much lies in each corner";
  const torch::Tensor corner = points.gt(0).to(torch::kInt64).matmul(torch::tensor({2, 1}, torch::kInt64));
  for (int c = 0; c < 4; ++c) {
    const torch::Tensor inside = corner.eq(c).to(torch::kFloat64);
    const torch::Tensor of_found = found * inside / (found * inside).sum();
    const torch::Tensor of_expected = expected * inside / (expected * inside).sum();
    EXPECT_LT(distance(of_found, of_expected), 0.1) << "corner " << c;
  }
}

}  // namespace
}  // namespace cebm::dsm_test
