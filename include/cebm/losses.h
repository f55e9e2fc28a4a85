/// Training losses: pure functions that return named terms.
#pragma once

#include <torch/types.h>

namespace cebm {

/// Contrastive divergence (paper, Eq. 2 and Algorithm 1) with the energy regulariser of Du and Mordatch (2019). Where
/// a network can tell data and samples apart perfectly, the loss is least at E(x) = -1 / (2 c) for all data and
/// E(x') = 1 / (2 c) for all samples, c being the coefficient: 1 / c bounds the gap.
struct ContrastiveDivergence {
  torch::Tensor loss;          ///< gap + l2; scalar, differentiable
  torch::Tensor energy_data;   ///< mean E(x) over the data
  torch::Tensor energy_model;  ///< mean E(x') over the model's samples
  torch::Tensor gap;           ///< energy_data - energy_model: its gradient is Algorithm 1's Delta_theta
  torch::Tensor regularizer;   ///< coefficient * (mean E(x)^2 + mean E(x')^2)
  torch::Tensor gap_of_bound;  ///< -coefficient * gap: at 1 the penalty holds the gap, and the chains play no part
};

/// `data` [B] and `model` [B'] are energies; coefficient >= 0.
ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model, double coefficient);

/// Negative evidence lower bound of a batch (paper, Eq. 13).
struct NegativeElbo {
  torch::Tensor loss;            ///< -log_likelihood + kl_weight * kl; scalar, differentiable
  torch::Tensor elbo;            ///< log_likelihood - kl, mean over the images, in nats
  torch::Tensor log_likelihood;  ///< mean over the images
  torch::Tensor kl;              ///< mean over the images
};

/// `log_likelihood` and `kl` [B] are each image's parts of the bound; kl_weight >= 0, 1 for the bound itself.
NegativeElbo negative_elbo(const torch::Tensor& log_likelihood, const torch::Tensor& kl, double kl_weight);

/// The two players' losses in a BiGAN (Donahue et al. 2016, Section 3), non-saturating: the generator's side minimises
/// the cross-entropy with the labels exchanged, as in the authors' code.
struct BiganLosses {
  torch::Tensor discriminator;     ///< -mean log D(real) - mean log(1 - D(fake)); scalar, differentiable
  torch::Tensor generator;         ///< -mean log(1 - D(real)) - mean log D(fake); scalar, differentiable
  torch::Tensor real_probability;  ///< mean D(real)
  torch::Tensor fake_probability;  ///< mean D(fake)
};

/// `real` [B] and `fake` [B'] are the discriminator's logits, D = sigmoid(logit), for pairs of data and generated ones.
BiganLosses bigan_losses(const torch::Tensor& real, const torch::Tensor& fake);

}  // namespace cebm
