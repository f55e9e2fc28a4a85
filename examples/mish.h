// An activation of one's own, mish(a) = a tanh(log(1 + e^a)) (Misra 2019): one row, and every network has it.
#pragma once

#include <cebm/activation.h>
#include <torch/torch.h>

inline torch::Tensor mish(const torch::Tensor& a, double /*slope*/) { return torch::mish(a); }

inline torch::Tensor mish_pull_back(const torch::Tensor& a, const torch::Tensor& gradient, double /*slope*/) {
  const torch::Tensor t = torch::softplus(a).tanh();
  return gradient * (t + a * (1 - t.square()) * a.sigmoid());
}

inline cebm::ActivationEntry mish_row() {
  return {.name = "mish", .summary = "a tanh(log(1 + e^a))", .value = mish, .pull_back = mish_pull_back};
}
