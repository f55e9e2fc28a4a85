// A density in two dimensions, learnt without chains: a conjugate EBM on a mixture of four Gaussians by denoising score
// matching. Writes the true density and the learnt one side by side: density_2d OUT.png [STEPS]
#include <cebm/cebm.h>
#include <cebm/image_io.h>
#include <cebm/module_state.h>

#include <cstdlib>
#include <iostream>

namespace {

constexpr double kNoise = 0.15;

/// Points at the corners of a square, as images of 1 x 2 pixels.
torch::Tensor draw(std::int64_t count, std::uint64_t step) {
  const torch::Tensor corner = cebm::uniform({count, 1, 1, 2}, {.seed = 1, .step = step}).round() * 2.0 - 1.0;
  return 0.5 * corner + 0.1 * cebm::normal({count, 1, 1, 2}, {.seed = 2, .step = step});
}

/// Log density of such points with the noise of the score matching, up to a constant.
torch::Tensor true_log_density(const torch::Tensor& points) {
  const torch::Tensor x = points.flatten(1).unsqueeze(2);
  const torch::Tensor means = torch::tensor({-0.5, 0.5});
  return (-(x - means).square() / (2.0 * (0.01 + kNoise * kNoise))).logsumexp(2).sum(1);
}

/// Brightest where the density is largest.
torch::Tensor picture(const torch::Tensor& log_density, std::int64_t side) {
  const torch::Tensor density = (log_density - log_density.max()).exp();
  return (2.0 * density - 1.0).view({1, 1, side, side}).to(torch::kFloat);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "usage: density_2d OUT.png [STEPS]\n", 2;
  const int steps = argc > 2 ? std::atoi(argv[2]) : 1500;
  const cebm::Catalog catalog;
  cebm::Choice<cebm::ModelEntry> choice(catalog, "cebm");
  cebm::read_options(cebm::parse_config("{latent_dim: 16, encoder: {channels: [], kernels: [], strides: [], paddings: "
                                        "[], activation: silu, hidden: [64, 64], hidden_activation: silu}}"),
                     choice.options());
  const std::shared_ptr<cebm::Model> model = choice.build(cebm::ModelContext{{1, 1, 2}, 1});

  cebm::DsmOptions options;
  options.sigma_min = options.sigma_max = kNoise;
  options.scale = cebm::ScoreScale::fixed;
  const auto objective = cebm::make_dsm(options, cebm::ObjectiveContext{.model = model});
  cebm::AdamOptions optimizer;
  optimizer.learning_rate = 3e-3;
  cebm::Adam adam(cebm::named_parameters(*model), optimizer);
  for (int step = 0; step < steps; ++step) {
    const auto values = objective->add_gradient(cebm::unlabelled(draw(128, step)), step);
    adam.step(step);
    if ((step + 1) % 500 == 0) std::cout << "step " << step + 1 << " error " << values[0].second.item<double>() << "\n";
  }

  const torch::NoGradGuard no_graph;
  const std::int64_t side = 121;
  const torch::Tensor line = torch::linspace(-1.2, 1.2, side);
  const torch::Tensor points = torch::cartesian_prod({line, line}).view({-1, 1, 1, 2});
  const torch::Tensor learnt = dynamic_cast<cebm::Density&>(*model).log_density(points);
  cebm::write_png(argv[1], cebm::make_grid(torch::cat({picture(true_log_density(points), side), picture(learnt, side)}),
                                           {.columns = 2}));
}
