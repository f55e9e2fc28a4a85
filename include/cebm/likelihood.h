/// Likelihoods p(x | z) of images, given a decoder's output.
#pragma once

#include <cebm/image.h>
#include <cebm/registry.h>
#include <torch/nn/module.h>

#include <memory>

namespace cebm {

class Likelihood : public torch::nn::Module {
 public:
  /// The range of x's pixels.
  virtual PixelRange pixel_range() const = 0;
  /// log p(x | z), summed over the pixels: x and output [..., C, H, W] (broadcast) -> [...].
  virtual torch::Tensor log_prob(const torch::Tensor& x, const torch::Tensor& output) const = 0;
  /// E[x | z]: [..., C, H, W] -> the same.
  virtual torch::Tensor mean(const torch::Tensor& output) const = 0;
};

using LikelihoodEntry = Entry<Likelihood>;

/// Pixels in [0, 1], output = logits: sum x log s(o) + (1 - x) log(1 - s(o)), the negative binary cross-entropy. A
/// probability only for black and white pixels; the usual choice for grey ones too (and that of the authors' code).
std::shared_ptr<Likelihood> make_bernoulli();

/// Pixels in [-1, 1], N(tanh(output), std^2) for each; a density over [-1, 1]-scaled pixels.
struct GaussianLikelihoodOptions final : Options {
  double std = 0.1;
  bool learnable = false;  ///< train log std, one number for all pixels
  void fields(Fields& visit) override;
};
std::shared_ptr<Likelihood> make_gaussian_likelihood(const GaussianLikelihoodOptions& options);

Registry<LikelihoodEntry> built_in_likelihoods();
template <>
const Registry<LikelihoodEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
