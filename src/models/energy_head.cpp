#include <c10/core/GradMode.h>
#include <cebm/energy_plan.h>

#include <algorithm>

namespace cebm {

void EnergyHead::gradient_rows(const float* outputs, std::int64_t first_row, std::int64_t rows, std::int64_t features,
                               float* gradient, float* /*scratch*/) const {
  const torch::NoGradGuard no_graph;
  // from_blob takes no const pointer; the tensor is read only.
  const torch::Tensor o = torch::from_blob(const_cast<float*>(outputs), {rows, features}, torch::kFloat);
  const torch::Tensor g = this->gradient(o, first_row).contiguous();
  std::copy_n(g.const_data_ptr<float>(), g.numel(), gradient);
}

}  // namespace cebm
