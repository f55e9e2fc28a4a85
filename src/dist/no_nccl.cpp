// In place of nccl.cpp where there is no CUDA or no nccl.h.
#include <cebm/errors.h>

#include "dist/nccl.h"

namespace cebm {

c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store>&, int, int,
                                               std::chrono::milliseconds) {
  throw ConfigError("more than one rank on GPUs: this program was built without NCCL; take --device cpu");
}

bool has_nccl() { return false; }

}  // namespace cebm
