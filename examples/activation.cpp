// cebm-train with an activation of its own, mish(a) = a tanh(log(1 + e^a)) (Misra 2019): one row, and every network has
// it.
//   activation --config fashion_mnist_cebm_quick.yaml --set model.encoder.activation=mish
#include <cebm/programs.h>
#include <torch/torch.h>

namespace {

torch::Tensor mish(const torch::Tensor& a, double /*slope*/) { return torch::mish(a); }

torch::Tensor pull_back(const torch::Tensor& a, const torch::Tensor& gradient, double /*slope*/) {
  const torch::Tensor t = torch::softplus(a).tanh();
  return gradient * (t + a * (1 - t.square()) * a.sigmoid());
}

}  // namespace

int main(int argc, char** argv) {
  cebm::Catalog catalog;
  catalog.activations.add({.name = "mish", .summary = "a tanh(log(1 + e^a))", .value = mish, .pull_back = pull_back});
  return cebm::train_main(argc, argv, catalog);
}
