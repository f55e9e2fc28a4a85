#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <cebm/likelihood.h>

#include <cmath>
#include <numbers>

namespace cebm {

namespace {

torch::Tensor sum_pixels(const torch::Tensor& values) { return values.sum({-3, -2, -1}); }

class Bernoulli final : public Likelihood {
 public:
  PixelRange pixel_range() const override { return PixelRange::unit; }
  torch::Tensor log_prob(const torch::Tensor& x, const torch::Tensor& output) const override {
    return -sum_pixels(at::binary_cross_entropy_with_logits(output, x.expand_as(output), /*weight=*/{},
                                                            /*pos_weight=*/{}, at::Reduction::None));
  }
  torch::Tensor mean(const torch::Tensor& output) const override { return torch::sigmoid(output); }
};

class GaussianLikelihood final : public Likelihood {
 public:
  explicit GaussianLikelihood(const GaussianLikelihoodOptions& options) {
    torch::Tensor start = torch::full({1}, std::log(options.std), torch::kFloat);
    log_std_ = options.learnable ? register_parameter("log_std", start) : register_buffer("log_std", start);
  }
  PixelRange pixel_range() const override { return PixelRange::symmetric; }
  torch::Tensor log_prob(const torch::Tensor& x, const torch::Tensor& output) const override {
    const torch::Tensor scaled = (x - mean(output)) * torch::exp(-log_std_);
    return sum_pixels(-0.5 * scaled.square() - log_std_ - 0.5 * std::log(2.0 * std::numbers::pi));
  }
  torch::Tensor mean(const torch::Tensor& output) const override { return torch::tanh(output); }

 private:
  torch::Tensor log_std_;
};

struct BernoulliOptions final : Options {
  void fields(Fields& visit) override { (void)visit; }
};

}  // namespace

void GaussianLikelihoodOptions::fields(Fields& visit) {
  visit.real("std", std, {1e-4, 1e3}, "standard deviation of a pixel, on the scale of [-1, 1]; the start if learnable");
  visit.boolean("learnable", learnable, "train the standard deviation, one number for all pixels");
}

std::shared_ptr<Likelihood> make_bernoulli() { return std::make_shared<Bernoulli>(); }

std::shared_ptr<Likelihood> make_gaussian_likelihood(const GaussianLikelihoodOptions& options) {
  return std::make_shared<GaussianLikelihood>(options);
}

Registry<LikelihoodEntry> built_in_likelihoods() {
  Registry<LikelihoodEntry> registry("likelihood");
  registry.add(make_entry<BernoulliOptions, LikelihoodEntry>("bernoulli", "pixels in [0, 1], binary cross-entropy",
                                                             "{}",
                                                             [](const BernoulliOptions&) { return make_bernoulli(); }));
  registry.add(make_entry<GaussianLikelihoodOptions, LikelihoodEntry>(
      "gaussian", "pixels in [-1, 1], normal around the decoder's image", "{std: 0.2, learnable: true}",
      [](const GaussianLikelihoodOptions& options) { return make_gaussian_likelihood(options); }));
  return registry;
}

}  // namespace cebm
