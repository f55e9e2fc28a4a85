#include <cebm/encoder.h>
#include <torch/csrc/autograd/autograd.h>

namespace cebm {

Linearization Encoder::linearize(const torch::Tensor& x) {
  const torch::AutoGradMode record(true);
  const torch::Tensor input = x.detach().requires_grad_(true);
  const torch::Tensor output = forward(input);
  return {output.detach(), [input, output](const torch::Tensor& gradient) {
            return torch::autograd::grad({output}, {input}, {gradient}, /*retain_graph=*/true)[0];
          }};
}

}  // namespace cebm
