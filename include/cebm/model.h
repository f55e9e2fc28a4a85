/// What every model gives: parameters, a latent code; and, for energy-based models, an energy and its gradient.
#pragma once

#include <cebm/bias.h>
#include <cebm/encoder.h>
#include <cebm/registry.h>
#include <cebm/statistic_map.h>
#include <torch/nn/module.h>

#include <memory>

namespace cebm {

/// Any model of images. Parameters and buffers are those of torch::nn::Module.
class Model : public torch::nn::Module {
 public:
  explicit Model(ImageShape image) : image_(image) {}
  ImageShape image_shape() const { return image_; }
  /// The values of its images' pixels.
  virtual PixelRange pixel_range() const { return PixelRange::symmetric; }
  /// The code used for few-label classification and nearest neighbours: [B, C, H, W] -> [B, K].
  virtual torch::Tensor latent(const torch::Tensor& x) = 0;

 private:
  ImageShape image_;
};

/// A density p(x) = exp{-E(x)} / Z (paper, Section 2.1). Images are float, [B, C, H, W], data in [-1, 1].
class EnergyModel : public Model {
 public:
  using Model::Model;
  /// E(x): [B, C, H, W] -> [B], differentiable in x and in the weights. Low energy means high density.
  virtual torch::Tensor energy(const torch::Tensor& x) = 0;
  /// dE/dx: [B, C, H, W] -> the same, detached, without gradients of the weights.
  virtual torch::Tensor input_gradient(const torch::Tensor& x) = 0;
};

/// Conjugate energy-based model: E(x) = A(lambda) - A(lambda + t(x)), posterior p(z | lambda + t(x)) (paper, Eq. 8, 9).
/// With a mixture bias this is the paper's CEBMM (Eq. 12).
class Cebm final : public EnergyModel {
 public:
  /// The encoder's outputs [B, S*P*K] are viewed as [B, S, P, K], mapped to statistics and given to the bias.
  Cebm(ImageShape image, std::shared_ptr<Encoder> encoder, StatisticMaps maps, std::shared_ptr<ConjugateBias> bias);

  torch::Tensor energy(const torch::Tensor& x) override;
  /// -J_t(x)^T m(lambda + t(x)): the posterior's mean parameters pulled back through the encoder.
  torch::Tensor input_gradient(const torch::Tensor& x) override;
  /// Posterior mean (mixture: of the most responsible component).
  torch::Tensor latent(const torch::Tensor& x) override;

  /// t(x): [B, S, P, K].
  torch::Tensor statistics(const torch::Tensor& x);
  /// p(z | x).
  LatentDistribution posterior(const torch::Tensor& x);
  const ConjugateBias& bias() const { return *bias_; }

 private:
  torch::Tensor as_statistics(const torch::Tensor& outputs) const;

  std::shared_ptr<Encoder> encoder_;
  StatisticMaps maps_;
  std::shared_ptr<ConjugateBias> bias_;
};

/// Energy without a latent bias: E(x) = w^T h(x) + c (Du and Mordatch 2019; paper, Table 4).
/// The latent code is h(x), the encoder's activated output.
class Igebm final : public EnergyModel {
 public:
  /// The encoder's outputs [B, K] pass through `activation` to give h(x).
  Igebm(ImageShape image, std::shared_ptr<Encoder> encoder, Activation activation, std::int64_t latent_dim,
        std::uint64_t seed);

  torch::Tensor energy(const torch::Tensor& x) override;
  torch::Tensor input_gradient(const torch::Tensor& x) override;
  torch::Tensor latent(const torch::Tensor& x) override;

 private:
  std::shared_ptr<Encoder> encoder_;
  Activation activation_;
  torch::Tensor weight_;  ///< w, [1, K]
  torch::Tensor offset_;  ///< c, [1]
};

struct ModelContext {
  ImageShape image;
  std::uint64_t seed = 1;
};

using ModelEntry = Entry<Model, ModelContext>;

Registry<ModelEntry> built_in_models();

}  // namespace cebm
