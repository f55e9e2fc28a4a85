// Draws of Gamma(shape, 1).
#pragma once

#include <cebm/draws.h>

namespace cebm {

/// log g with g ~ Gamma(shape, 1), shape [n, W] > 0: Marsaglia and Tsang (2000), for shapes below one by
/// Gamma(shape + 1) U^(1 / shape). The logarithm, because g itself underflows for small shapes.
torch::Tensor log_gamma_draw(const torch::Tensor& shape, const Draws& draws);

}  // namespace cebm
