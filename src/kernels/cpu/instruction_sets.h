// This processor's features, and the choice among the compiled instruction sets.
#pragma once

#include <vector>

#include "kernels/cpu/conv_kernels.h"

namespace cebm::kernels::cpu {

/// The features by which libraries choose their code. All false on other architectures than x86-64.
struct Processor {
  bool intel = false;
  bool avx2 = false;    ///< x86-64-v3
  bool avx512 = false;  ///< x86-64-v4
};
Processor this_processor();

/// The kernels that run on this processor, the fastest first; never empty.
const std::vector<const ConvKernels*>& available_conv_kernels();

/// The fastest kernels, or for comparing processors those whose ConvKernels::name the environment variable CEBM_KERNELS
/// gives, ignoring case and punctuation ("avx2", "avx512bf16"). Throws ConfigError if no such kernels run here.
const ConvKernels& chosen_conv_kernels();

}  // namespace cebm::kernels::cpu
