// Intel's MKL, which computes LibTorch's matrix products on x86-64. Left to itself it splits a product among as many
// threads as there are, and with them the sums: the last bits of a result depend on the number of threads.
#pragma once

#include "kernels/cpu/instruction_sets.h"

namespace cebm::mkl {

/// What MKL_CBWR, its switch for reproducible results, is set to before the first product of a program that links this
/// library, unless the environment has a value already. MKL has the strict mode, in which a product's bits depend on
/// neither the number of threads nor where its operands lie, on Intel's processors with AVX2 alone. AUTO elsewhere:
/// they do not depend on where the operands lie.
const char* reproducible_mode(const kernels::cpu::Processor& processor);

/// While it lives, products that this thread asks for are computed by this thread alone. Does nothing where LibTorch
/// was built without MKL.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace cebm::mkl
