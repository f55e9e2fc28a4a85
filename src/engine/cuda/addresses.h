// Where a module's tensors are.
#pragma once

#include <torch/nn/module.h>

#include <vector>

namespace cebm {

/// Of all parameters and buffers: a recording that reads them can be replayed as long as these stay the same.
inline std::vector<const void*> addresses_of(const torch::nn::Module& module) {
  std::vector<const void*> all;
  for (const torch::Tensor& parameter : module.parameters()) all.push_back(parameter.const_data_ptr());
  for (const torch::Tensor& buffer : module.buffers()) all.push_back(buffer.const_data_ptr());
  return all;
}

}  // namespace cebm
