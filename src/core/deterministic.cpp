#include "core/deterministic.h"

#include <ATen/Context.h>
#include <stdlib.h>

namespace cebm {

void use_deterministic_products() {
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);  // the fastest algorithm may differ between runs
}

}  // namespace cebm
