#include "kernels/device_kernels.h"

namespace cebm::kernels::cuda {

const DeviceKernels& kernels() {
  static constexpr DeviceKernels all{.fill_uniform = fill_uniform,
                                     .fill_normal = fill_normal,
                                     .langevin_update = langevin_update,
                                     .set_series = set_series,
                                     .norm_clip = norm_clip,
                                     .activate = activate,
                                     .pull_back = pull_back,
                                     .first_layer_forward = first_layer_forward,
                                     .first_layer_backward = first_layer_backward,
                                     .first_layer_langevin = first_layer_langevin,
                                     .conjugate_head = conjugate_head,
                                     .linear_head = linear_head,
                                     .product_activate = product_activate,
                                     .product_pull_back = product_pull_back};
  return all;
}

}  // namespace cebm::kernels::cuda
