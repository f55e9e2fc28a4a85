#include <c10/util/StringUtil.h>
#include <cebm/composed.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cebm {

namespace {

ImageShape shape_of_parts(const Composition& composition) {
  if (composition.parts.empty()) throw std::invalid_argument("composed energy: expected at least one part");
  const ImageShape shape = composition.parts.front()->image_shape();
  for (const auto& part : composition.parts) {
    require_image_shape(*part, shape, "the images of the first of the energies that are summed");
  }
  return shape;
}

void check_tensor(const torch::Tensor& tensor, ImageShape shape, const char* what, bool mask) {
  if (!tensor.defined()) return;
  const bool fits = tensor.dim() == 4 && (tensor.size(1) == shape.channels || (mask && tensor.size(1) == 1)) &&
                    tensor.size(2) == shape.height && tensor.size(3) == shape.width && (!mask || tensor.size(0) == 1);
  if (!fits) {
    throw std::invalid_argument(
        c10::str("composed energy: expected ", what, " of images ", shape.describe(), ", found ", tensor.sizes()));
  }
}

/// Rows of a tensor with a row for each image; any other tensor unchanged.
torch::Tensor part_of(const torch::Tensor& tensor, std::int64_t begin, std::int64_t size) {
  return tensor.defined() && tensor.size(0) > 1 ? tensor.narrow(0, begin, size) : tensor;
}

torch::Tensor summed(const std::vector<torch::Tensor>& parts) {
  torch::Tensor sum = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) sum = sum + parts[i];
  return sum;
}

/// f(part) for each part.
template <class F>
std::vector<torch::Tensor> of_parts(const Composition& composition, const F& f) {
  std::vector<torch::Tensor> values;
  for (const auto& part : composition.parts) values.push_back(f(*part));
  return values;
}

}  // namespace

ComposedEnergy::ComposedEnergy(Composition composition)
    : EnergyModel(shape_of_parts(composition)), composition_(std::move(composition)) {
  const ImageShape shape = image_shape();
  check_tensor(composition_.free, shape, "a mask", /*mask=*/true);
  check_tensor(composition_.given, shape, "given images", /*mask=*/false);
  check_tensor(composition_.noisy, shape, "noisy images", /*mask=*/false);
  if (composition_.free.defined() != composition_.given.defined()) {
    throw std::invalid_argument("composed energy: expected a mask and given images together");
  }
  for (std::size_t i = 0; i < composition_.parts.size(); ++i) {
    register_module("part" + std::to_string(i), composition_.parts[i]);
  }
}

torch::Tensor ComposedEnergy::seen(const torch::Tensor& x) const {
  if (!composition_.free.defined()) return x;
  return torch::where(composition_.free.gt(0.5), x, composition_.given);
}

torch::Tensor ComposedEnergy::energy_from(const torch::Tensor& u, const std::vector<torch::Tensor>& parts) const {
  const torch::Tensor sum = summed(parts);
  if (!composition_.noisy.defined()) return sum;
  return sum + (u - composition_.noisy).square().flatten(1).sum(1) * (composition_.coupling / 2);
}

torch::Tensor ComposedEnergy::gradient_from(const torch::Tensor& u, const std::vector<torch::Tensor>& parts) const {
  torch::Tensor sum = summed(parts);
  if (composition_.noisy.defined()) sum = sum + (u - composition_.noisy) * composition_.coupling;
  return composition_.free.defined() ? sum * composition_.free : sum;
}

torch::Tensor ComposedEnergy::energy(const torch::Tensor& x) {
  const torch::Tensor u = seen(x);
  return energy_from(u, of_parts(composition_, [&](EnergyModel& part) { return part.energy(u); }));
}

torch::Tensor ComposedEnergy::input_gradient(const torch::Tensor& x) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor u = seen(x);
  return gradient_from(u, of_parts(composition_, [&](EnergyModel& part) { return part.input_gradient(u); }));
}

EnergyGradient ComposedEnergy::energy_and_gradient(const torch::Tensor& x) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor u = seen(x);
  std::vector<torch::Tensor> energies;
  std::vector<torch::Tensor> gradients;
  for (const auto& part : composition_.parts) {
    EnergyGradient both = part->energy_and_gradient(u);
    energies.push_back(both.energies);
    gradients.push_back(both.gradient);
  }
  return {energy_from(u, energies), gradient_from(u, gradients)};
}

torch::Tensor ComposedEnergy::latent(const torch::Tensor& x) { return composition_.parts.front()->latent(seen(x)); }

std::unique_ptr<EnergyModel> ComposedEnergy::rows(std::int64_t begin, std::int64_t size) const {
  Composition part = composition_;
  part.given = part_of(part.given, begin, size);
  part.noisy = part_of(part.noisy, begin, size);
  const auto has_rows = [](const torch::Tensor& tensor) { return tensor.defined() && tensor.size(0) > 1; };
  bool own = has_rows(composition_.given) || has_rows(composition_.noisy);
  for (auto& model : part.parts) {
    if (std::shared_ptr<EnergyModel> rows_of_part = model->rows(begin, size)) {
      model = std::move(rows_of_part);
      own = true;
    }
  }
  return own ? std::make_unique<ComposedEnergy>(std::move(part)) : nullptr;
}

}  // namespace cebm
