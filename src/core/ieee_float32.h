// Precision of float32 products on a GPU.
#pragma once

#include <ATen/Context.h>

namespace cebm {

/// Makes the process's convolutions, recurrences and matrix products multiply in full float32; LibTorch may round the
/// factors to TensorFloat-32 by default. Sets both LibTorch's older and newer settings: it throws when they disagree.
void use_ieee_float32();

/// With `tf32`, rounds the factors of products launched during its lifetime to TensorFloat-32; its destructor restores
/// IEEE float32. Otherwise does nothing.
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
