// What float32 means on a GPU.
#pragma once

#include <ATen/Context.h>

namespace cebm {

/// Makes convolutions, recurrences and matrix products of the process multiply float32 numbers as they are, where
/// LibTorch rounds them to TensorFloat-32 by default. All of LibTorch's older and newer settings agree afterwards: it
/// refuses to answer for a mixture of the two.
void use_ieee_float32();

/// With `tf32`, the factors of what is launched while this exists are rounded to TensorFloat-32; float32 is IEEE's
/// again afterwards. Nothing otherwise.
class Float32Products {
 public:
  explicit Float32Products(bool tf32);
  Float32Products(const Float32Products&) = delete;
  Float32Products& operator=(const Float32Products&) = delete;
  ~Float32Products();

 private:
  bool tf32_;
};

}  // namespace cebm
