/// Bidirectional generative adversarial networks (Donahue et al. 2016, arXiv:1605.09782) with a Gaussian or mixture
/// prior: the further baselines BiGAN and GMM-BiGAN of the paper's authors' code, with its networks.
#pragma once

#include <cebm/model.h>
#include <cebm/normalized_networks.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

/// Encoder q(z | x) = N(mu(x), sigma(x)^2), generator G(z) = tanh(network(z)), and a discriminator D(x, z) that tells
/// pairs (x, z ~ q(z | x)) of data from pairs (G(z), z ~ p(z)). The generator is implicit: there is no density.
/// Images are in [-1, 1].
class Bigan final : public Model, public LatentModel, public Generator {
 public:
  /// The encoder's outputs [B, 2 K] are viewed as (mu, log sigma). The bias serves as the prior.
  /// Throws ConfigError if the prior's family is not Gaussian or it asks for one set of statistics per component.
  Bigan(ImageShape image, std::shared_ptr<NormalizedCnn> encoder, std::shared_ptr<NormalizedTransposedCnn> generator,
        std::shared_ptr<NormalizedCnn> discriminator, std::shared_ptr<ConjugateBias> prior);

  std::int64_t latent_dim() const { return prior_->latent_dim(); }

  // In training: differentiable, normalised by the batch's statistics, which also update the running averages.

  /// `count` draws from p(z), [B, K], reparameterised so that a trained prior gets gradients; row b uses chain b of
  /// `key`.
  torch::Tensor draw_prior(std::int64_t count, RandomKey key) const;
  /// G(z): [B, K] -> [B, C, H, W].
  torch::Tensor render(const torch::Tensor& z);
  /// z = mu(x) + sigma(x) * noise: [B, C, H, W], [B, K] -> [B, K].
  torch::Tensor encode(const torch::Tensor& x, const torch::Tensor& noise, RandomKey dropout);
  /// log D(x, z) / (1 - D(x, z)), the discriminator's logit: [B, C, H, W], [B, K] -> [B].
  torch::Tensor discriminate(const torch::Tensor& x, const torch::Tensor& z, RandomKey dropout);

  // After training: normalised by the running averages, so that images do not affect each other.

  /// Mean of q(z | x).
  torch::Tensor latent(const torch::Tensor& x) override;
  LatentDistribution posterior(const torch::Tensor& x) override;
  LatentDistribution prior() const override;
  torch::Tensor generate(const torch::Tensor& z) override;

  /// The weights of the two players: those of encoder, generator and trained prior, and those of the discriminator.
  std::vector<torch::Tensor> generator_weights() const;
  std::vector<torch::Tensor> discriminator_weights() const;
  std::vector<std::string> running_averages() const override;

 private:
  torch::Tensor encoder_outputs(const torch::Tensor& x, const Pass& pass);
  torch::Tensor images_of(const torch::Tensor& z, Statistics statistics);

  std::shared_ptr<NormalizedCnn> encoder_;
  std::shared_ptr<NormalizedTransposedCnn> generator_;
  std::shared_ptr<NormalizedCnn> discriminator_;
  std::shared_ptr<ConjugateBias> prior_;
};

/// The rows bigan and gmm_bigan, which differ in their default prior.
struct BiganModelOptions final : Options {
  explicit BiganModelOptions(const Catalog& catalog, const std::string& default_prior = "gaussian");

  std::int64_t latent_dim = 128;
  Choice<BiasEntry> prior;
  NormalizedCnnOptions encoder;
  TransposedCnnOptions generator;
  NormalizedCnnOptions discriminator;

  void fields(Fields& visit) override;
};

}  // namespace cebm
