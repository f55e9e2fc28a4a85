/// The interfaces of models: every model has parameters and a latent code; some also have a density, a posterior, a
/// generator, an energy. Programs and evaluators query these by dynamic_cast, never by a model's name.
#pragma once

#include <cebm/bias.h>
#include <cebm/encoder.h>
#include <cebm/energy_plan.h>
#include <cebm/registry.h>
#include <cebm/statistic_map.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Any model of images. Parameters and buffers are those of torch::nn::Module.
class Model : public torch::nn::Module {
 public:
  explicit Model(ImageShape image) : image_(image) {}
  ImageShape image_shape() const { return image_; }
  /// The range of its images' pixels.
  virtual PixelRange pixel_range() const { return PixelRange::symmetric; }
  /// The code used for few-label classification and nearest neighbours: [B, C, H, W] -> [B, K].
  virtual torch::Tensor latent(const torch::Tensor& x) = 0;
  /// Names of the buffers that a training step updates besides the weights (averages of batch normalisation); a moving
  /// average of the weights covers them too.
  virtual std::vector<std::string> running_averages() const { return {}; }

 private:
  ImageShape image_;
};

/// Throws ConfigError naming `what` and both shapes if images of this shape do not fit the model.
void require_image_shape(const Model& model, ImageShape shape, const std::string& what);

/// Models that say how likely an image is.
class Density {
 public:
  virtual ~Density() = default;
  /// log p(x) up to a constant of the model, higher is likelier: [B, C, H, W] -> [B], differentiable in x.
  /// -E(x) for energy-based models, the importance-weighted bound for VAEs.
  virtual torch::Tensor log_density(const torch::Tensor& x) = 0;
};

/// Latent-variable models whose posterior over z, exact or approximate, is a distribution in closed form.
class LatentModel {
 public:
  virtual ~LatentModel() = default;
  /// p(z | x), for VAEs q(z | x): [B, C, H, W] -> B distributions.
  virtual LatentDistribution posterior(const torch::Tensor& x) = 0;
};

/// Models that process an image by a single network: their latent code is a function of its outputs o(x), [B, F].
class EncodedModel {
 public:
  virtual ~EncodedModel() = default;
  virtual Encoder& encoder() const = 0;
  /// Model::latent of the image with these outputs: [B, F] -> [B, K].
  virtual torch::Tensor latent_of(const torch::Tensor& outputs) const = 0;
};

/// Encoded models whose posterior is a function of o(x) too. The code is its mean; in a mixture, the mean of the most
/// responsible component.
class EncodedLatentModel : public LatentModel, public EncodedModel {
 public:
  /// LatentModel::posterior of the image with these outputs: [B, F] -> B distributions.
  virtual LatentDistribution posterior_of(const torch::Tensor& outputs) const = 0;
  LatentDistribution posterior(const torch::Tensor& x) override { return posterior_of(encoder().forward(x)); }
  torch::Tensor latent_of(const torch::Tensor& outputs) const override {
    return posterior_of(outputs).component_mean();
  }
};

/// Models that turn latent codes into images.
class Generator {
 public:
  virtual ~Generator() = default;
  /// p(z), B = 1.
  virtual LatentDistribution prior() const = 0;
  /// The image of each code (VAEs: the mean of p(x | z)), in the model's pixel range: [B, K] -> [B, C, H, W].
  virtual torch::Tensor generate(const torch::Tensor& z) = 0;
};

/// E(x) and dE/dx of a batch.
struct EnergyGradient {
  torch::Tensor energies;  ///< [B]
  torch::Tensor gradient;  ///< [B, C, H, W]
};

/// A density p(x) = exp{-E(x)} / Z (paper, Section 2.1). Images are float, [B, C, H, W], data in [-1, 1].
class EnergyModel : public Model, public Density {
 public:
  using Model::Model;
  /// E(x): [B, C, H, W] -> [B], differentiable in x and in the weights. Low energy means high density.
  virtual torch::Tensor energy(const torch::Tensor& x) = 0;
  torch::Tensor log_density(const torch::Tensor& x) override { return -energy(x); }
  /// dE/dx: [B, C, H, W] -> the same, detached, without gradients of the weights.
  virtual torch::Tensor input_gradient(const torch::Tensor& x) = 0;
  /// Both at once, detached. Models that can do so override it with a single pass through their network.
  virtual EnergyGradient energy_and_gradient(const torch::Tensor& x);
  /// The energy of rows begin .. begin + size - 1 of a batch, if every row has its own (an energy conditioned on a
  /// latent variable); null if all rows share this one. Needed wherever a batch is split.
  virtual std::unique_ptr<EnergyModel> rows(std::int64_t begin, std::int64_t size) const;
  /// The energy split into network and head, if that is possible; otherwise empty.
  virtual std::optional<EnergyPlan> plan() const { return std::nullopt; }
};

/// An energy as a function of the statistics, with its gradient; row 0 belongs to image first_row of the batch.
struct StatisticEnergy {
  std::function<torch::Tensor(const torch::Tensor& statistics, std::int64_t first_row)> value;
  std::function<torch::Tensor(const torch::Tensor& statistics, std::int64_t first_row)> gradient;
};

/// Conjugate energy-based model: E(x) = A(lambda) - A(lambda + t(x)), posterior p(z | lambda + t(x)) (paper, Eq. 8, 9).
/// With a mixture bias this is the paper's CEBMM (Eq. 12).
class Cebm final : public EnergyModel, public EncodedLatentModel {
 public:
  /// The encoder's outputs [B, S*P*K] are viewed as [B, S, P, K], mapped to statistics and given to the bias.
  Cebm(ImageShape image, std::shared_ptr<Encoder> encoder, StatisticMaps maps, std::shared_ptr<ConjugateBias> bias);

  torch::Tensor energy(const torch::Tensor& x) override;
  /// -J_t(x)^T m(lambda + t(x)): the posterior's mean parameters pulled back through the encoder.
  torch::Tensor input_gradient(const torch::Tensor& x) override;
  EnergyGradient energy_and_gradient(const torch::Tensor& x) override;
  torch::Tensor latent(const torch::Tensor& x) override { return latent_of(encoder_->forward(x)); }

  /// t(x): [B, S, P, K].
  torch::Tensor statistics(const torch::Tensor& x) { return statistics_of(encoder_->forward(x)); }
  /// t of the image with these outputs: [B, F] -> [B, S, P, K], differentiable.
  torch::Tensor statistics_of(const torch::Tensor& outputs) const { return maps_(as_statistics(outputs)); }
  /// J_t(x)^T g(t(x)): maps the gradient g of any function of the statistics, [B, S, P, K] -> the same, to that
  /// function's gradient with respect to x, [B, C, H, W]. Detached, without gradients of the weights.
  torch::Tensor pull_back(const torch::Tensor& x,
                          const std::function<torch::Tensor(const torch::Tensor& statistics)>& gradient);
  /// The value of a function of the statistics, [B, S, P, K] -> [B], and the pull-back of its gradient, in one pass.
  EnergyGradient value_and_pull_back(const torch::Tensor& x,
                                     const std::function<torch::Tensor(const torch::Tensor& statistics)>& value,
                                     const std::function<torch::Tensor(const torch::Tensor& statistics)>& gradient);
  Encoder& encoder() const override { return *encoder_; }
  LatentDistribution posterior_of(const torch::Tensor& outputs) const override;
  std::optional<EnergyPlan> plan() const override;
  /// The plan of the same network with another function of the statistics as its head: value [B, S, P, K] -> [B],
  /// gradient [B, S, P, K] -> the same.
  std::optional<EnergyPlan> plan(StatisticEnergy energy) const;
  const ConjugateBias& bias() const { return *bias_; }

 private:
  torch::Tensor as_statistics(const torch::Tensor& outputs) const;

  std::shared_ptr<Encoder> encoder_;
  StatisticMaps maps_;
  std::shared_ptr<ConjugateBias> bias_;
};

/// Energy without a latent bias: E(x) = w^T h(x) + c (Du and Mordatch 2019; paper, Table 4).
/// The latent code is h(x), the encoder's activated output.
class Igebm final : public EnergyModel, public EncodedModel {
 public:
  /// The encoder's outputs [B, K] pass through `activation` to give h(x).
  Igebm(ImageShape image, std::shared_ptr<Encoder> encoder, Activation activation, std::int64_t latent_dim,
        std::uint64_t seed);

  torch::Tensor energy(const torch::Tensor& x) override;
  torch::Tensor input_gradient(const torch::Tensor& x) override;
  EnergyGradient energy_and_gradient(const torch::Tensor& x) override;
  torch::Tensor latent(const torch::Tensor& x) override { return latent_of(encoder_->forward(x)); }
  Encoder& encoder() const override { return *encoder_; }
  torch::Tensor latent_of(const torch::Tensor& outputs) const override { return activation_(outputs); }
  std::optional<EnergyPlan> plan() const override;

 private:
  std::shared_ptr<Encoder> encoder_;
  Activation activation_;
  torch::Tensor weight_;  ///< w, [1, K]
  torch::Tensor offset_;  ///< c, [1]
};

/// The rows cebm and cebmm, which differ in their default bias.
struct CebmOptions final : Options {
  explicit CebmOptions(const Catalog& catalog, const std::string& default_bias = "gaussian")
      : encoder(catalog, "cnn"), bias(catalog, default_bias) {}

  std::int64_t latent_dim = 128;
  std::string statistic_map = "negative_square";
  Choice<EncoderEntry> encoder;
  Choice<BiasEntry> bias;

  void fields(Fields& visit) override;
};

/// The row igebm.
struct IgebmOptions final : Options {
  explicit IgebmOptions(const Catalog& catalog) : activation(catalog), encoder(catalog, "cnn") {}

  std::int64_t latent_dim = 128;
  Activation activation;
  Choice<EncoderEntry> encoder;

  void fields(Fields& visit) override;
};

struct ModelContext {
  ImageShape image;
  std::uint64_t seed = 1;
};

using ModelEntry = Entry<Model, ModelContext>;

Registry<ModelEntry> built_in_models();
template <>
const Registry<ModelEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
