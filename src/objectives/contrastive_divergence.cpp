#include <cebm/losses.h>

namespace cebm {

ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model,
                                             double coefficient) {
  ContrastiveDivergence result;
  result.energy_data = data.mean();
  result.energy_model = model.mean();
  result.gap = result.energy_data - result.energy_model;
  result.regularizer = coefficient * (data.square().mean() + model.square().mean());
  result.gap_of_bound = -coefficient * result.gap;
  result.loss = result.gap + result.regularizer;
  return result;
}

}  // namespace cebm
