// Deterministic results on a GPU.
#pragma once

namespace cebm {

/// Makes the process's convolutions and matrix products on GPUs sum in an order that depends on their sizes alone, so
/// that a resumed training continues bit for bit. Does not override the user's CUBLAS_WORKSPACE_CONFIG. Call it before
/// a GPU is used.
void use_deterministic_products();

}  // namespace cebm
