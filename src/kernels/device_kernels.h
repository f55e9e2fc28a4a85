// A table of the device kernels' launchers, so that tests can give an engine other launchers than the GPU's.
// Torch-free.
#pragma once

#include "kernels/activation.h"
#include "kernels/first_layer.h"
#include "kernels/head.h"
#include "kernels/kernels.h"
#include "kernels/product.h"

namespace cebm::kernels {

/// Each member works as the function of the same name in cuda::.
struct DeviceKernels {
  decltype(&cuda::fill_uniform) fill_uniform;
  decltype(&cuda::fill_normal) fill_normal;
  decltype(&cuda::langevin_update) langevin_update;
  decltype(&cuda::set_series) set_series;
  decltype(&cuda::norm_clip) norm_clip;
  Activate activate;
  PullBack pull_back;
  decltype(&cuda::first_layer_forward) first_layer_forward;
  decltype(&cuda::first_layer_backward) first_layer_backward;
  decltype(&cuda::first_layer_langevin) first_layer_langevin;
  decltype(&cuda::conjugate_head) conjugate_head;
  decltype(&cuda::linear_head) linear_head;
  decltype(&cuda::product_activate) product_activate;
  decltype(&cuda::product_pull_back) product_pull_back;
};

namespace cuda {
/// Throws std::runtime_error in a program that was built without CUDA.
const DeviceKernels& kernels();
}  // namespace cuda

}  // namespace cebm::kernels
