// Which of the compiled instruction sets this processor has.
#pragma once

#include <vector>

#include "kernels/cpu/conv_kernels.h"

namespace cebm::kernels::cpu {

/// Those that run here, the fastest first; never empty.
const std::vector<const ConvKernels*>& available_conv_kernels();

}  // namespace cebm::kernels::cpu
