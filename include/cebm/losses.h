/// Training losses: pure functions that return named terms.
#pragma once

#include <torch/types.h>

namespace cebm {

/// Contrastive divergence (paper, Eq. 2 and Algorithm 1) with the energy regulariser of Du and Mordatch (2019). If a
/// network tells data and samples apart perfectly, the loss is least at E(x) = -1 / (2 c) for all data and
/// E(x') = 1 / (2 c) for all samples, c being the coefficient: 1 / c bounds the size of the gap.
struct ContrastiveDivergence {
  torch::Tensor loss;          ///< gap + l2; scalar, differentiable
  torch::Tensor energy_data;   ///< mean E(x) over the data
  torch::Tensor energy_model;  ///< mean E(x') over the model's samples
  torch::Tensor gap;           ///< energy_data - energy_model: its gradient is Algorithm 1's Delta_theta
  torch::Tensor regularizer;   ///< coefficient * (mean E(x)^2 + mean E(x')^2)
  torch::Tensor gap_of_bound;  ///< -coefficient * gap: at 1 the penalty alone sets the gap; chains have no effect
};

/// `data` [B] and `model` [B'] are energies; coefficient >= 0.
ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model, double coefficient);

/// The loss of the energies E of data and E' of samples. Their plain difference leaves the energies unbounded.
///   difference:    mean E - mean E'                                              (paper, Algorithm 1)
///   softplus:      log(1 + exp(mean E - mean E')): its gradient shrinks as the gap widens
///   cross_entropy: mean log(1 + e^E) + mean log(1 + e^-E'), of a classifier with logit -E between data and samples
///                  (DAT: "Scalable Energy-Based Models via Adversarial Training" 2025)
enum class Contrast { difference, softplus, cross_entropy };

struct ContrastForm {
  Contrast kind = Contrast::difference;
  double energy_l2 = 0.0;  ///< coefficient of the regulariser
  /// For difference: a gap below minus this has no gradient (Energy Matching, Balcerak et al. 2025); 0: no bound.
  double gap_bound = 0.0;
  /// Share of the samples, in [0, 1), that the contrast leaves out: those with the highest energies. The regulariser
  /// uses all.
  double trimmed = 0.0;
};

/// The same with another form of the loss. The default form, and the reported gap of every form, are those of
/// contrastive_divergence(data, model, energy_l2). If samples are trimmed, energy_model and gap are those of the rest.
ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model,
                                             const ContrastForm& form);

/// Matching of the first views of images to their second views: symmetric InfoNCE (van den Oord et al. 2018; Chen et
/// al. 2020).
struct PairMatching {
  torch::Tensor loss;      ///< mean cross-entropy over rows and over columns, halved; scalar, differentiable
  torch::Tensor accuracy;  ///< share of the first views whose partner has the highest score
};

/// `scores` [B, B] of every first with every second view, partners on the diagonal.
PairMatching match_pairs(const torch::Tensor& scores);

/// Mean cross-entropy of labels under logits, over the images that have one.
struct LabelLoss {
  torch::Tensor loss;      ///< 0 where no image has a label; scalar, differentiable
  torch::Tensor accuracy;  ///< share of them whose largest logit is their label's; 0 where there are none
  torch::Tensor labelled;  ///< share of the images that have a label
};

/// `logits` [B, L]; `labels` int64 [B], -1 where there is none.
LabelLoss label_loss(const torch::Tensor& logits, const torch::Tensor& labels);

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
