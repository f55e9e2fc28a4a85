/// Conjugate EBMs as classifiers (Grathwohl et al. 2020, JEM): where the bias has components y, p(x, y) has a closed
/// form, and with it
///   p(y | x) = exp{log p(x, y) - log p(x)} = softmax_y { log p(x, y) + log Z }.
#pragma once

#include <cebm/bias.h>
#include <cebm/model.h>

namespace cebm {

/// log p(x, y) + log Z for every component y: [B, S, P, K] -> [B, L]. Differentiable.
torch::Tensor log_components(const ComponentBias& bias, const torch::Tensor& statistics);

/// The bias of a conjugate EBM whose bias has components; null for all other models.
const ComponentBias* components_of(const Model& model);

/// p(y | x) of the images with these outputs: [B, F] -> [B, L]. Throws std::logic_error where there are no components.
torch::Tensor component_probabilities(const Model& model, const torch::Tensor& outputs);

}  // namespace cebm
