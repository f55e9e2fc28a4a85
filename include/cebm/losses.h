/// Training losses: pure functions that return named terms.
#pragma once

#include <torch/types.h>

namespace cebm {

/// Contrastive divergence (paper, Eq. 2 and Algorithm 1) with the energy regulariser of Du and Mordatch (2019).
struct ContrastiveDivergence {
  torch::Tensor loss;          ///< gap + l2; scalar, differentiable
  torch::Tensor energy_data;   ///< mean E(x) over the data
  torch::Tensor energy_model;  ///< mean E(x') over the model's samples
  torch::Tensor gap;           ///< energy_data - energy_model: its gradient is Algorithm 1's Delta_theta
  torch::Tensor regularizer;   ///< coefficient * (mean E(x)^2 + mean E(x')^2)
};

/// `data` [B] and `model` [B'] are energies; coefficient >= 0.
ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model, double coefficient);

}  // namespace cebm
