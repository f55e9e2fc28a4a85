// cebm-train with an objective of its own: denoising score matching (Vincent 2011),
//   L = E || sigma dE/dx(x + sigma n) - n ||^2 per pixel,  n ~ N(0, 1),
// by autograd's second derivatives, which the built-in dsm does not need. It has neither chains nor a buffer, hence no
// settings for them.
//   score_matching --config fashion_mnist_cebm_quick.yaml --set objective=score_matching --set train.data_noise_std=0
#include <cebm/loss_gradient.h>
#include <cebm/programs.h>
#include <torch/torch.h>

namespace {

struct MatchingOptions final : cebm::ObjectiveOptions {
  double sigma = 0.3;
  void fields(cebm::Fields& visit) override { visit.real("sigma", sigma, {1e-3, 10.0}, "std of the noise"); }
  std::vector<cebm::Metric> metrics() const override {
    return {{.name = "score_error",
             .unit = "squared error per pixel",
             .shown = true,
             .curve = {"Denoising score matching", "loss"},
             .watches = {{.key = "max_score_error", .limit = 100.0, .help = "limit on the loss; 0: none"}}}};
  }
};

class Matching final : public cebm::Objective {
 public:
  Matching(const MatchingOptions& options, const cebm::ObjectiveContext& context,
           std::shared_ptr<cebm::EnergyModel> model)
      : sigma_(options.sigma), context_(context), model_(std::move(model)) {}

  cebm::StepValues add_gradient(const cebm::Batch& images, std::uint64_t step) override {
    const torch::Tensor& batch = images.images;
    const torch::Tensor noise = torch::empty_like(batch, batch.options(), torch::MemoryFormat::ChannelsLast);
    const torch::Tensor rows = torch::arange(batch.size(0), torch::TensorOptions(batch.device()).dtype(torch::kLong));
    cebm::fill_normal(noise, {context_.seed, cebm::Stream::user, step}, rows);
    const auto errors = [&](const cebm::Tile& tile) {
      const torch::Tensor n = noise.narrow(0, tile.begin, tile.size);
      const torch::Tensor x = (batch.narrow(0, tile.begin, tile.size) + sigma_ * n).requires_grad_(true);
      const auto slope = torch::autograd::grad({model_->energy(x).sum()}, {x}, {}, true, /*create_graph=*/true)[0];
      return (sigma_ * slope - n).square().mean({1, 2, 3});
    };
    const torch::Tensor loss = cebm::add_loss_gradient(model_->parameters(), batch.device(), batch.size(0), errors,
                                                       [](const torch::Tensor& values) { return values.mean(); });
    return {{"score_error", loss}};
  }

 private:
  double sigma_;
  cebm::ObjectiveContext context_;
  std::shared_ptr<cebm::EnergyModel> model_;
};

std::shared_ptr<cebm::Objective> make_matching(const MatchingOptions& options, const cebm::ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<cebm::EnergyModel>(context.model);
  if (!model)
    throw cebm::ConfigError("objective.name: score_matching trains energy-based models, and this model has no energy");
  return std::make_shared<Matching>(options, context, std::move(model));
}

}  // namespace

int main(int argc, char** argv) {
  cebm::Catalog catalog;
  catalog.objectives.add(cebm::make_entry<MatchingOptions, cebm::ObjectiveEntry>(
      "score_matching", "denoising score matching by autograd", "sigma: 0.5", make_matching));
  return cebm::train_main(argc, argv, catalog);
}
