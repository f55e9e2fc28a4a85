// The same numbers every time on a GPU.
#pragma once

namespace cebm {

/// Has the process's convolutions and matrix products on GPUs add in an order that depends on their sizes alone, so
/// that a training that is resumed goes on bit for bit. CUBLAS_WORKSPACE_CONFIG is left as the user has set it. To be
/// called before a GPU is used.
void use_deterministic_products();

}  // namespace cebm
