#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/model.h>

namespace cebm {

void require_image_shape(const Model& model, ImageShape shape, const std::string& what) {
  if (shape == model.image_shape()) return;
  throw ConfigError(what + ": expected images of " + model.image_shape().describe() +
                    " (channels x height x width), as the model takes, found " + shape.describe());
}

EnergyGradient EnergyModel::energy_and_gradient(const torch::Tensor& x) {
  const torch::NoGradGuard no_graph;
  return {energy(x), input_gradient(x)};
}

std::unique_ptr<EnergyModel> EnergyModel::rows(std::int64_t begin, std::int64_t size) const {
  (void)begin;
  (void)size;
  return nullptr;
}

}  // namespace cebm
