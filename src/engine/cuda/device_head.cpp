#include "engine/cuda/device_head.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <optional>
#include <typeinfo>

namespace cebm {

namespace {

using kernels::StatisticCurve;

constexpr std::pair<const char*, StatisticCurve> kCurves[] = {{"identity", StatisticCurve::identity},
                                                              {"square", StatisticCurve::square},
                                                              {"negative_square", StatisticCurve::negative_square},
                                                              {"softplus", StatisticCurve::softplus},
                                                              {"negative_softplus", StatisticCurve::negative_softplus}};

/// Compares functions, not names: a user's own map may have any name.
std::optional<StatisticCurve> curve_of(const StatisticMap& map) {
  for (const StatisticMap& known : statistic_maps()) {
    if (known.value != map.value) continue;
    for (const auto& [name, curve] : kCurves) {
      if (known.name == name) return curve;
    }
  }
  return std::nullopt;
}

/// Copies `from` into `to`, in place if the shapes agree.
void keep(torch::Tensor& to, const torch::Tensor& from) {
  if (!to.defined() || to.sizes() != from.sizes()) to = torch::empty(from.sizes(), from.options().requires_grad(false));
  to.copy_(from.detach());
}

}  // namespace

void DeviceHead::load(std::shared_ptr<const EnergyHead> head) {
  head_ = std::move(head);
  form_ = std::visit([this](const auto& form) { return form_of(form); }, head_->form());
}

DeviceHead::Form DeviceHead::form_of(const LinearForm& form) {
  const std::optional<KernelActivation> activation = form.activation.kernel();
  if (!activation || form.weight.scalar_type() != torch::kFloat) return {};
  keep(weights_, form.weight.flatten());
  return kernels::LinearHead{activation->kind, activation->slope, weights_.const_data_ptr<float>()};
}

DeviceHead::Form DeviceHead::form_of(const ConjugateForm& form) {
  const MixtureForm& bias = form.bias;
  if (typeid(*bias.family) != typeid(GaussianFamily) || bias.natural.scalar_type() != torch::kFloat) return {};
  const std::int64_t components = bias.natural.size(0);
  if (components > kernels::ConjugateHead::max_components) return {};
  const auto first = curve_of(form.maps.maps().at(0));
  const auto second = curve_of(form.maps.maps().at(1));
  if (!first || !second) return {};
  keep(weights_, bias.natural);
  keep(offsets_, bias.log_weights - bias.family->log_partition(bias.natural).sum(-1));
  return kernels::ConjugateHead{.sets = bias.per_component ? components : 1,
                                .components = components,
                                .dims = bias.natural.size(2),
                                .first = *first,
                                .second = *second,
                                .natural = weights_.const_data_ptr<float>(),
                                .offsets = offsets_.const_data_ptr<float>()};
}

torch::Tensor DeviceHead::gradient(const torch::Tensor& sums, const torch::Tensor& bias) const {
  if (!in_one_launch()) return head_->gradient(sums.add_(bias), 0).contiguous();
  const torch::Tensor result = at::empty_like(sums);
  const auto* const s = sums.const_data_ptr<float>();
  const auto* const b = bias.const_data_ptr<float>();
  auto* const g = result.data_ptr<float>();
  void* const stream = back_end_.stream();
  if (const auto* const linear = std::get_if<kernels::LinearHead>(&form_)) {
    back_end_.kernels.linear_head(*linear, s, b, {sums.size(0), sums.size(1)}, g, stream);
  } else {
    back_end_.kernels.conjugate_head(std::get<kernels::ConjugateHead>(form_), s, b, sums.size(0), g, stream);
  }
  return result;
}

}  // namespace cebm
