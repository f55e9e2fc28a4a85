#include <cebm/bigan.h>
#include <cebm/errors.h>
#include <cebm/tiles.h>

#include "models/prior.h"

namespace cebm {

Bigan::Bigan(ImageShape image, std::shared_ptr<NormalizedCnn> encoder,
             std::shared_ptr<NormalizedTransposedCnn> generator, std::shared_ptr<NormalizedCnn> discriminator,
             std::shared_ptr<ConjugateBias> prior)
    : Model(image),
      encoder_(register_module("encoder", std::move(encoder))),
      generator_(register_module("generator", std::move(generator))),
      discriminator_(register_module("discriminator", std::move(discriminator))),
      prior_(register_module("prior", std::move(prior))) {
  require_prior(*prior_, "bigan");
  // Codes reach the networks by drawing a component, which has no derivative.
  if (prior_->named_parameters().contains("weights")) {
    throw ConfigError(
        "bigan: the weights of its prior's components cannot be trained: expected learnable_weights: "
        "false, found true");
  }
}

torch::Tensor Bigan::draw_prior(std::int64_t count, RandomKey key) const {
  const LatentDistribution p = prior();
  return map_tiles(count, {}, {p.natural}, [&](const Tile& tile, const auto&, const auto& natural) {
    const LatentDistribution here{p.family, p.log_weights, natural[0]};
    return std::vector{here.expand(tile.size).sample(key, static_cast<std::uint32_t>(tile.begin))};
  })[0];
}

torch::Tensor Bigan::images_of(const torch::Tensor& z, Statistics statistics) {
  return map_tiles(z.size(0), {generator_->forward(z, {statistics})}, {},
                   [](const Tile&, const auto& in, const auto&) { return std::vector{in[0].tanh()}; })[0];
}

torch::Tensor Bigan::encoder_outputs(const torch::Tensor& x, const Pass& pass) {
  return encoder_->forward(x, /*side=*/{}, pass);
}

torch::Tensor Bigan::render(const torch::Tensor& z) { return images_of(z, Statistics::batch); }

torch::Tensor Bigan::encode(const torch::Tensor& x, const torch::Tensor& noise, RandomKey dropout) {
  const std::vector<torch::Tensor> inputs{encoder_outputs(x, {Statistics::batch, dropout}), noise};
  return map_tiles(x.size(0), inputs, {}, [](const Tile&, const auto& in, const auto&) {
    const auto parts = in[0].chunk(2, 1);  // mu, log sigma
    return std::vector{parts[0] + parts[1].exp() * in[1]};
  })[0];
}

torch::Tensor Bigan::discriminate(const torch::Tensor& x, const torch::Tensor& z, RandomKey dropout) {
  return discriminator_->forward(x, z, {Statistics::batch, dropout}).squeeze(1);
}

torch::Tensor Bigan::latent(const torch::Tensor& x) { return posterior(x).component_mean(); }

LatentDistribution Bigan::posterior(const torch::Tensor& x) {
  const torch::Tensor parameters = encoder_outputs(x, {Statistics::running}).view({x.size(0), 1, 2, latent_dim()});
  const auto family = prior_->distribution().family;
  return {family, parameters.new_zeros({x.size(0), 1}), family->natural_from_unconstrained(parameters)};
}

LatentDistribution Bigan::prior() const { return prior_->distribution(); }

torch::Tensor Bigan::generate(const torch::Tensor& z) { return images_of(z, Statistics::running); }

std::vector<torch::Tensor> Bigan::generator_weights() const {
  std::vector<torch::Tensor> all = encoder_->parameters();
  for (const auto& part : {generator_->parameters(), prior_->parameters()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<torch::Tensor> Bigan::discriminator_weights() const { return discriminator_->parameters(); }

std::vector<std::string> Bigan::running_averages() const {
  std::vector<std::string> names;
  for (const auto& item : named_buffers()) {
    if (item.key().find(".running_") != std::string::npos) names.push_back(item.key());
  }
  return names;
}

}  // namespace cebm
