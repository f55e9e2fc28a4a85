#include <c10/core/GradMode.h>
#include <cebm/random.h>
#include <cebm/vae.h>

#include <algorithm>
#include <cmath>

#include "models/prior.h"

namespace cebm {

namespace {

/// Images decoded at once by the importance-weighted bound. On a CPU few, whose activations stay in its caches and in
/// memory that malloc does not give back.
std::int64_t decoded_together(const torch::Device& device) { return device.is_cpu() ? 32 : 512; }

}  // namespace

Vae::Vae(ImageShape image, std::shared_ptr<Encoder> encoder, std::shared_ptr<Decoder> decoder,
         std::shared_ptr<Likelihood> likelihood, std::shared_ptr<ConjugateBias> prior, std::int64_t importance_samples,
         std::uint64_t seed)
    : Model(image),
      encoder_(register_module("encoder", std::move(encoder))),
      decoder_(register_module("decoder", std::move(decoder))),
      likelihood_(register_module("likelihood", std::move(likelihood))),
      prior_(register_module("prior", std::move(prior))),
      importance_samples_(importance_samples),
      seed_(seed) {
  require_prior(*prior_, "vae");
}

LatentDistribution Vae::prior() const { return prior_->distribution(); }

LatentDistribution Vae::posterior_of(const torch::Tensor& outputs) const {
  const torch::Tensor parameters = outputs.view({outputs.size(0), 1, 2, latent_dim()});
  const auto family = prior_->distribution().family;
  return {family, parameters.new_zeros({outputs.size(0), 1}), family->natural_from_unconstrained(parameters)};
}

torch::Tensor Vae::generate(const torch::Tensor& z) { return likelihood_->mean(decoder_->forward(z)); }

torch::Tensor Vae::draw(const LatentDistribution& posterior, const torch::Tensor& noise) const {
  return GaussianFamily().from_noise(posterior.natural.squeeze(1), noise);
}

VaeNetworks Vae::networks() {
  return {[this](const torch::Tensor& x) { return encoder_->forward(x); },
          [this](const torch::Tensor& z) { return decoder_->forward(z); }};
}

torch::Tensor Vae::log_likelihood(const torch::Tensor& x, const torch::Tensor& z, const VaeNetworks& by) const {
  const torch::Tensor output = by.decode(z.flatten(0, 1));
  return likelihood_->log_prob(x, output.view({z.size(0), z.size(1), x.size(1), x.size(2), x.size(3)}));
}

Elbo Vae::elbo(const torch::Tensor& x, const torch::Tensor& noise, const VaeNetworks& by) {
  const LatentDistribution q = posterior_of(by.encode(x));
  const LatentDistribution p = prior();
  const torch::Tensor z = draw(q, noise);
  const torch::Tensor kl = p.components() == 1 ? kl_divergence(q, p) : (q.log_prob(z) - p.log_prob(z)).mean(0);
  return {log_likelihood(x, z, by).mean(0), kl};
}

torch::Tensor Vae::importance_weighted_bound(const torch::Tensor& x, const torch::Tensor& noise,
                                             const VaeNetworks& by) {
  return weighted_bound(importance_log_weights(x, noise, by));
}

torch::Tensor Vae::importance_log_weights(const torch::Tensor& x, const torch::Tensor& noise, const VaeNetworks& by) {
  const LatentDistribution q = posterior_of(by.encode(x));
  const LatentDistribution p = prior();
  // A few samples of the whole batch at a time: all at once would need memory for S * B decoded images.
  const std::int64_t chunk =
      std::max<std::int64_t>(1, decoded_together(x.device()) / std::max<std::int64_t>(1, x.size(0)));
  std::vector<torch::Tensor> log_weights;
  for (const torch::Tensor& part : noise.split(chunk)) {
    const torch::Tensor z = draw(q, part);
    log_weights.push_back(log_likelihood(x, z, by) + p.log_prob(z) - q.log_prob(z));
  }
  return torch::cat(log_weights);
}

torch::Tensor Vae::log_density(const torch::Tensor& x, const VaeNetworks& by) {
  const torch::Tensor noise = at::empty({importance_samples_, 1, latent_dim()}, x.options().dtype(torch::kFloat));
  fill_normal(noise, {seed_, Stream::importance}, at::arange(importance_samples_, x.options().dtype(torch::kInt64)));
  return importance_weighted_bound(x, noise.to(x.scalar_type()), by);
}

torch::Tensor weighted_bound(const torch::Tensor& log_weights) {
  return torch::logsumexp(log_weights, 0) - std::log(static_cast<double>(log_weights.size(0)));
}

}  // namespace cebm
