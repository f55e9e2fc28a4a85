#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <cebm/bigan.h>
#include <cebm/errors.h>
#include <cebm/model.h>
#include <cebm/tiles.h>
#include <cebm/vae.h>

#include <sstream>
#include <utility>
#include <vector>

namespace cebm {

namespace {

/// The network, tried on one input: throws ConfigError if its output has another shape, as that of a network of one's
/// own may have.
template <class Network>
std::shared_ptr<Network> tried(std::shared_ptr<Network> network, torch::IntArrayRef input, torch::IntArrayRef expected,
                               const std::string& setting) {
  const torch::NoGradGuard no_graph;
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> modes;  // of each module: some may be frozen
  for (const auto& module : network->modules()) modes.emplace_back(module, module->is_training());
  network->eval();
  torch::Tensor output;
  for_each_tile(torch::kCPU, 1, [&](const Tile&) { output = network->forward(torch::zeros(input, torch::kFloat)); });
  for (const auto& [module, training] : modes) module->train(training);  // parents first
  if (output.sizes() == expected) return network;
  std::ostringstream message;
  message << setting << ": expected an output of shape " << expected << " for an input of shape " << input << ", found "
          << output.sizes();
  throw ConfigError(message.str());
}

std::shared_ptr<Encoder> build_encoder(const Choice<EncoderEntry>& settings, const EncoderContext& context) {
  const auto [channels, height, width] = context.image;
  return tried(settings.build(context), {1, channels, height, width}, {1, context.outputs},
               "model.encoder: '" + settings.name() + "'");
}

std::shared_ptr<Decoder> build_decoder(const Choice<DecoderEntry>& settings, const DecoderContext& context) {
  const auto [channels, height, width] = context.image;
  return tried(settings.build(context), {1, context.latent_dim}, {1, channels, height, width},
               "model.decoder: '" + settings.name() + "'");
}

std::shared_ptr<Model> make_cebm(const CebmOptions& options, const ModelContext& context) {
  const auto bias = options.bias.build(BiasContext{options.latent_dim, context.seed});
  const std::vector<Domain> domain = bias->domain();
  const StatisticMaps maps(domain, find_statistic_map(options.statistic_map));
  const std::int64_t outputs =
      bias->statistic_sets() * static_cast<std::int64_t>(domain.size()) * bias->statistic_dims();
  const auto encoder = build_encoder(options.encoder, {context.image, outputs, context.seed});
  return std::make_shared<Cebm>(context.image, encoder, maps, bias);
}

std::shared_ptr<Model> make_igebm(const IgebmOptions& options, const ModelContext& context) {
  const auto encoder = build_encoder(options.encoder, {context.image, options.latent_dim, context.seed});
  return std::make_shared<Igebm>(context.image, encoder, options.activation, options.latent_dim, context.seed);
}

std::shared_ptr<Model> make_vae(const VaeOptions& options, const ModelContext& context) {
  return std::make_shared<Vae>(
      context.image, build_encoder(options.encoder, {context.image, 2 * options.latent_dim, context.seed}),
      build_decoder(options.decoder, {context.image, options.latent_dim, context.seed}), options.likelihood.build(),
      options.prior.build(BiasContext{options.latent_dim, context.seed}), options.importance_samples, context.seed);
}

std::shared_ptr<Model> make_bigan_model(const BiganModelOptions& options, const ModelContext& context) {
  constexpr std::uint64_t kFirstOfDiscriminator = 1U << 22U;  // in the stream of initial weights
  const std::int64_t k = options.latent_dim;
  return std::make_shared<Bigan>(
      context.image,
      std::make_shared<NormalizedCnn>(
          options.encoder,
          NormalizedCnnContext{.name = "encoder", .image = context.image, .outputs = 2 * k, .seed = context.seed}),
      std::make_shared<NormalizedTransposedCnn>(options.generator, DecoderContext{context.image, k, context.seed}),
      std::make_shared<NormalizedCnn>(options.discriminator,
                                      NormalizedCnnContext{.name = "discriminator",
                                                           .image = context.image,
                                                           .side_inputs = k,
                                                           .seed = context.seed,
                                                           .first_parameter = kFirstOfDiscriminator}),
      options.prior.build(BiasContext{k, context.seed}));
}

constexpr const char* kSmallEncoder =
    "encoder: {name: cnn, channels: [4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}";

}  // namespace

void CebmOptions::fields(Fields& visit) {
  std::vector<std::string> map_names;
  for (const StatisticMap& map : statistic_maps()) map_names.push_back(map.name);
  visit.integer("latent_dim", latent_dim, {1, 65536}, "K, dimensions of the latent variable z");
  visit.word(
      "statistic_map", statistic_map, map_names,
      "how the encoder's outputs become the statistics that must keep their sign; those of any sign stay as they are");
  visit.variant("bias", bias, "conjugate bias b(z)");
  visit.variant("encoder", encoder, "network that gives t(x)");
}

void IgebmOptions::fields(Fields& visit) {
  visit.integer("latent_dim", latent_dim, {1, 65536}, "width of the layer before the energy, the latent code h(x)");
  activation.fields(visit);
  visit.variant("encoder", encoder, "network up to h(x), whose last activation is this model's");
}

void VaeOptions::fields(Fields& visit) {
  visit.integer("latent_dim", latent_dim, {1, 65536}, "K, dimensions of the latent variable z");
  visit.integer("importance_samples", importance_samples, {1, 1000000},
                "samples S of the importance-weighted bound that stands for log p(x); 1: the ELBO's kind");
  visit.variant("likelihood", likelihood, "p(x | z)");
  visit.variant("prior", prior, "p(z)");
  visit.variant("encoder", encoder, "network that gives mean and log std of q(z | x)");
  visit.variant("decoder", decoder, "network that gives the parameters of p(x | z)");
}

void BiganModelOptions::fields(Fields& visit) {
  visit.integer("latent_dim", latent_dim, {1, 65536}, "K, dimensions of the latent variable z");
  visit.variant("prior", prior, "p(z)");
  visit.section("encoder", encoder, "network that gives mean and log std of q(z | x), batch-normalised");
  visit.section("generator", generator, "network from z to an image's tanh, batch-normalised");
  visit.section("discriminator", discriminator, "network that judges pairs (x, z), batch-normalised");
}

BiganModelOptions::BiganModelOptions(const Catalog& catalog, const std::string& default_prior)
    : prior(catalog, default_prior), encoder(catalog), generator(catalog), discriminator(catalog) {
  for (NormalizedCnnOptions* const network : {&encoder, &discriminator}) {
    network->layers.channels = {64, 64, 32, 32};
    network->layers.activation.select("leaky_relu");
    network->layers.hidden = {128};
  }
  discriminator.dropout = 0.2;
  generator.start = {};
  generator.layers.channels = {64, 64, 32, 32};
  generator.layers.kernels = {4, 4, 3, 4, 4};
  generator.layers.strides = {1, 2, 2, 2, 2};
  generator.layers.paddings = {1, 1, 1, 1, 1};
  generator.layers.activation.select("relu");
  generator.layers.hidden = {};
}

Registry<ModelEntry> built_in_models() {
  Registry<ModelEntry> registry("model");
  registry.add(make_entry<CebmOptions, ModelEntry>("cebm", "conjugate EBM, Gaussian bias unless another is chosen",
                                                   std::string("{latent_dim: 6, ") + kSmallEncoder + "}", make_cebm));
  auto cebmm = make_entry<CebmOptions, ModelEntry>(
      "cebmm", "conjugate EBM with a mixture bias",
      std::string("{latent_dim: 6, bias: {name: gaussian_mixture, components: 3}, ") + kSmallEncoder + "}", make_cebm);
  cebmm.options = [](const Catalog& catalog) { return std::make_unique<CebmOptions>(catalog, "gaussian_mixture"); };
  registry.add(std::move(cebmm));
  registry.add(make_entry<IgebmOptions, ModelEntry>("igebm", "EBM with a linear energy head, no latent variable",
                                                    std::string("{latent_dim: 6, ") + kSmallEncoder + "}", make_igebm));
  const std::string small_vae =
      std::string(kSmallEncoder) +
      ", decoder: {name: transposed_cnn, start: [4, 6, 5], channels: [], kernels: [4], strides: [2], paddings: [1]}";
  registry.add(make_entry<VaeOptions, ModelEntry>("vae",
                                                  "variational autoencoder, Gaussian prior unless another is chosen",
                                                  "{latent_dim: 6, " + small_vae + "}", make_vae));
  auto gmm_vae = make_entry<VaeOptions, ModelEntry>(
      "gmm_vae", "variational autoencoder with a mixture prior",
      "{latent_dim: 6, prior: {name: gaussian_mixture, components: 3}, " + small_vae + "}", make_vae);
  gmm_vae.options = [](const Catalog& catalog) { return std::make_unique<VaeOptions>(catalog, "gaussian_mixture"); };
  registry.add(std::move(gmm_vae));
  const std::string small_bigan =
      "encoder: {channels: [4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1], hidden: [16]}, "
      "generator: {start: [4, 6, 5], channels: [4], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}, "
      "discriminator: {channels: [4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1], hidden: [16]}";
  registry.add(make_entry<BiganModelOptions, ModelEntry>("bigan",
                                                         "bidirectional GAN, Gaussian prior unless another is chosen",
                                                         "{latent_dim: 6, " + small_bigan + "}", make_bigan_model));
  auto gmm_bigan = make_entry<BiganModelOptions, ModelEntry>(
      "gmm_bigan", "bidirectional GAN with a mixture prior",
      "{latent_dim: 6, prior: {name: gaussian_mixture, components: 3}, " + small_bigan + "}", make_bigan_model);
  gmm_bigan.options = [](const Catalog& catalog) {
    return std::make_unique<BiganModelOptions>(catalog, "gaussian_mixture");
  };
  registry.add(std::move(gmm_bigan));
  return registry;
}

}  // namespace cebm
