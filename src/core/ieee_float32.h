// What float32 means on a GPU.
#pragma once

namespace cebm {

/// Makes convolutions, recurrences and matrix products of the process multiply float32 numbers as they are, where
/// LibTorch rounds them to TensorFloat-32 by default. All of LibTorch's older and newer settings agree afterwards: it
/// refuses to answer for a mixture of the two.
void use_ieee_float32();

}  // namespace cebm
