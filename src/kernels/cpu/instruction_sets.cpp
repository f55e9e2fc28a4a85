#include "kernels/cpu/instruction_sets.h"

namespace cebm::kernels::cpu {

extern const ConvKernels conv_generic;
#ifdef CEBM_X86_KERNELS
extern const ConvKernels conv_avx2;
extern const ConvKernels conv_avx512;
extern const ConvKernels conv_avx512_bf16;
#endif

const std::vector<const ConvKernels*>& available_conv_kernels() {
  static const std::vector<const ConvKernels*> found = [] {
    std::vector<const ConvKernels*> kernels;
#ifdef CEBM_X86_KERNELS
    const bool v4 = __builtin_cpu_supports("x86-64-v4") != 0;
    if (v4 && __builtin_cpu_supports("avx512bf16") != 0) kernels.push_back(&conv_avx512_bf16);
    if (v4) kernels.push_back(&conv_avx512);
    if (__builtin_cpu_supports("x86-64-v3") != 0) kernels.push_back(&conv_avx2);
#endif
    kernels.push_back(&conv_generic);
    return kernels;
  }();
  return found;
}

}  // namespace cebm::kernels::cpu
