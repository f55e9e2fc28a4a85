/// Variational autoencoders (Kingma and Welling 2013; paper, Appendix B and Table 3) with a Gaussian or mixture prior.
#pragma once

#include <cebm/decoder.h>
#include <cebm/likelihood.h>
#include <cebm/model.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace cebm {

/// The two parts of the evidence lower bound (paper, Eq. 13), ELBO = log_likelihood - kl, for each image.
struct Elbo {
  torch::Tensor log_likelihood;  ///< E_q[log p(x | z)], [B]
  torch::Tensor kl;              ///< KL(q(z | x) || p(z)), [B]
};

/// Its networks as functions: x -> the encoder's outputs, z -> the decoder's.
struct VaeNetworks {
  std::function<torch::Tensor(const torch::Tensor& x)> encode;
  std::function<torch::Tensor(const torch::Tensor& z)> decode;
};

/// Encoder q(z | x) = N(mu(x), sigma(x)^2), decoder and likelihood p(x | z), prior p(z). Random numbers come in as an
/// argument: standard normal noise [S, B, K] for S samples of z per image, or [S, 1, K] to use the same for all images.
class Vae final : public Model, public Density, public EncodedLatentModel, public Generator {
 public:
  /// The encoder's outputs [B, 2 K] are viewed as (mu, log sigma). The bias serves as the prior.
  /// Throws ConfigError if the prior's family is not Gaussian or it asks for one set of statistics per component.
  Vae(ImageShape image, std::shared_ptr<Encoder> encoder, std::shared_ptr<Decoder> decoder,
      std::shared_ptr<Likelihood> likelihood, std::shared_ptr<ConjugateBias> prior, std::int64_t importance_samples,
      std::uint64_t seed);

  PixelRange pixel_range() const override { return likelihood_->pixel_range(); }
  std::int64_t latent_dim() const { return prior_->latent_dim(); }

  /// Through the modules' own forward(), by LibTorch. The functions below also take others, which must compute the
  /// same.
  VaeNetworks networks();

  /// The KL term in closed form where the prior is a single Gaussian, else by Monte Carlo over the same samples.
  Elbo elbo(const torch::Tensor& x, const torch::Tensor& noise) { return elbo(x, noise, networks()); }
  Elbo elbo(const torch::Tensor& x, const torch::Tensor& noise, const VaeNetworks& by);
  /// log 1/S sum_s p(x, z_s) / q(z_s | x), [B]: between ELBO (S = 1) and log p(x) (Burda et al. 2016).
  torch::Tensor importance_weighted_bound(const torch::Tensor& x, const torch::Tensor& noise) {
    return importance_weighted_bound(x, noise, networks());
  }
  torch::Tensor importance_weighted_bound(const torch::Tensor& x, const torch::Tensor& noise, const VaeNetworks& by);
  /// log p(x, z_s) / q(z_s | x), [S, B], whose first rows give the bounds with fewer samples (weighted_bound below).
  torch::Tensor importance_log_weights(const torch::Tensor& x, const torch::Tensor& noise, const VaeNetworks& by);

  /// The importance-weighted bound with the configured number of samples and the same noise for every image and every
  /// call: a function of x alone.
  torch::Tensor log_density(const torch::Tensor& x) override { return log_density(x, networks()); }
  torch::Tensor log_density(const torch::Tensor& x, const VaeNetworks& by);
  torch::Tensor latent(const torch::Tensor& x) override { return latent_of(encoder_->forward(x)); }
  Encoder& encoder() const override { return *encoder_; }
  Decoder& decoder() const { return *decoder_; }
  LatentDistribution posterior_of(const torch::Tensor& outputs) const override;
  LatentDistribution prior() const override;
  torch::Tensor generate(const torch::Tensor& z) override;

 private:
  torch::Tensor draw(const LatentDistribution& posterior, const torch::Tensor& noise) const;
  torch::Tensor log_likelihood(const torch::Tensor& x, const torch::Tensor& z, const VaeNetworks& by) const;

  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Decoder> decoder_;
  std::shared_ptr<Likelihood> likelihood_;
  std::shared_ptr<ConjugateBias> prior_;
  std::int64_t importance_samples_;
  std::uint64_t seed_;
};

/// The importance-weighted bound of log weights, [S, B] -> [B].
torch::Tensor weighted_bound(const torch::Tensor& log_weights);

/// The rows vae and gmm_vae, which differ in their default prior.
struct VaeOptions final : Options {
  explicit VaeOptions(const Catalog& catalog, const std::string& default_prior = "gaussian")
      : encoder(catalog, "cnn"),
        decoder(catalog, "transposed_cnn"),
        likelihood(catalog, "bernoulli"),
        prior(catalog, default_prior) {}

  std::int64_t latent_dim = 128;
  std::int64_t importance_samples = 64;
  Choice<EncoderEntry> encoder;
  Choice<DecoderEntry> decoder;
  Choice<LikelihoodEntry> likelihood;
  Choice<BiasEntry> prior;

  void fields(Fields& visit) override;
};

}  // namespace cebm
