// Reproducible results of Intel's MKL, which computes LibTorch's matrix products on x86-64. By default it splits a
// product and its sums among all threads, so that the last bits of a result depend on the number of threads.
#pragma once

#include "kernels/cpu/instruction_sets.h"

namespace cebm::mkl {

/// The value of MKL_CBWR, MKL's setting for reproducible results. Programs that link this library set it before their
/// first product unless the environment has a value already. In strict mode, which MKL has only on Intel's processors
/// with AVX2, a product's bits depend on neither the number of threads nor the addresses of its operands. Elsewhere it
/// is AUTO: the bits do not depend on the addresses.
const char* reproducible_mode(const kernels::cpu::Processor& processor);

/// During its lifetime, MKL computes this thread's products on this thread alone. Does nothing if LibTorch was built
/// without MKL.
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
