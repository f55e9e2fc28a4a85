#include "core/mkl.h"

#include <dlfcn.h>
#include <stdlib.h>

/// MKL reads its environment at the first product. A linker option keeps this file (src/CMakeLists.txt).
extern "C" [[gnu::constructor]] void cebm_ask_mkl_for_reproducible_products() {
  setenv("MKL_CBWR", cebm::mkl::reproducible_mode(cebm::kernels::cpu::this_processor()), /*overwrite=*/0);
}

namespace cebm::mkl {

namespace {

/// MKL's function that sets the number of threads for products of the calling thread (0: the process's number) and
/// returns the previous number. Looked up at run time: LibTorch has MKL built in, or linked, or not at all.
using SetThreads = int (*)(int);
SetThreads set_threads() {
  static const auto found = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "MKL_Set_Num_Threads_Local"));
  return found;
}

}  // namespace

const char* reproducible_mode(const kernels::cpu::Processor& processor) {
  if (processor.intel && processor.avx512) return "AVX512,STRICT";
  if (processor.intel && processor.avx2) return "AVX2,STRICT";
  return "AUTO";
}

OneThread::OneThread() : before_(set_threads() == nullptr ? 0 : set_threads()(1)) {}

OneThread::~OneThread() {
  if (set_threads() != nullptr) set_threads()(before_);
}

}  // namespace cebm::mkl
