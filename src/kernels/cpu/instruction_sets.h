// What this processor is, and which of the compiled instruction sets serves.
#pragma once

#include <vector>

#include "kernels/cpu/conv_kernels.h"

namespace cebm::kernels::cpu {

/// As far as a library chooses its code by it. All false on a processor of another architecture.
struct Processor {
  bool intel = false;
  bool avx2 = false;    ///< x86-64-v3
  bool avx512 = false;  ///< x86-64-v4
};
Processor this_processor();

/// Those that run here, the fastest first; never empty.
const std::vector<const ConvKernels*>& available_conv_kernels();

/// The fastest, or the one that the environment variable CEBM_KERNELS names as ConvKernels::name does, upper or lower
/// case and punctuation apart ("avx2", "avx512bf16"): for comparing processors. Throws ConfigError where no such set
/// runs here.
const ConvKernels& chosen_conv_kernels();

}  // namespace cebm::kernels::cpu
