#include <ATen/ops/softplus.h>
#include <cebm/losses.h>

#include <cmath>

namespace cebm {

namespace {

/// The energies without the highest ones, a share `trimmed` of all, in any order.
torch::Tensor lowest(const torch::Tensor& energies, double trimmed) {
  const auto dropped = static_cast<std::int64_t>(trimmed * static_cast<double>(energies.size(0)));
  if (dropped == 0) return energies;
  return std::get<0>(energies.topk(energies.size(0) - dropped, /*dim=*/0, /*largest=*/false));
}

torch::Tensor contrast(const torch::Tensor& data, const torch::Tensor& model, const torch::Tensor& gap,
                       const ContrastForm& form) {
  switch (form.kind) {
    case Contrast::softplus:
      return at::softplus(gap);
    case Contrast::cross_entropy:
      return at::softplus(data).mean() + at::softplus(-model).mean();
    case Contrast::difference:
      break;
  }
  return form.gap_bound > 0.0 ? gap.clamp_min(-form.gap_bound) : gap;
}

}  // namespace

ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model,
                                             const ContrastForm& form) {
  const torch::Tensor kept = lowest(model, form.trimmed);
  ContrastiveDivergence result;
  result.energy_data = data.mean();
  result.energy_model = kept.mean();
  result.gap = result.energy_data - result.energy_model;
  result.regularizer = form.energy_l2 * (data.square().mean() + model.square().mean());
  result.gap_of_bound = -form.energy_l2 * result.gap;
  result.loss = contrast(data, kept, result.gap, form) + result.regularizer;
  return result;
}

ContrastiveDivergence contrastive_divergence(const torch::Tensor& data, const torch::Tensor& model,
                                             double coefficient) {
  return contrastive_divergence(data, model, ContrastForm{.energy_l2 = coefficient});
}

}  // namespace cebm
