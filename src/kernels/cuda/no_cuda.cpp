// Stands in for the CUDA back end in a program built without it.
#include <stdexcept>

#include "kernels/cuda/runtime.h"
#include "kernels/kernels.h"

namespace cebm::kernels::cuda {

namespace {

[[noreturn]] void refuse() { throw std::runtime_error("this program was built without CUDA (CEBM_CUDA=OFF)"); }

}  // namespace

bool compiled() { return false; }
void fill_uniform(float*, Rows, const Counter&, float, float, void*) { refuse(); }
void fill_normal(float*, Rows, const Counter&, void*) { refuse(); }
void langevin_update(float*, const float*, const float*, Rows, const Counter&, const Langevin&, void*) { refuse(); }

int device_count() { return 0; }
std::string device_name(int) { refuse(); }
void* current_stream(int) { refuse(); }

}  // namespace cebm::kernels::cuda
