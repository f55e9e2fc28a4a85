#include "core/ieee_float32.h"

namespace cebm {

namespace {

void use(at::Float32Precision precision) {
  at::Context& context = at::globalContext();
  const bool tf32 = precision == at::Float32Precision::TF32;
  context.setAllowTF32CuDNN(tf32);
  context.setAllowTF32CuBLAS(tf32);
  for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::RNN, at::Float32Op::MATMUL}) {
    context.setFloat32Precision(at::Float32Backend::CUDA, op, precision);
  }
}

}  // namespace

void use_ieee_float32() { use(at::Float32Precision::IEEE); }

Float32Products::Float32Products(bool tf32) : tf32_(tf32) {
  if (tf32_) use(at::Float32Precision::TF32);
}

Float32Products::~Float32Products() {
  if (tf32_) use(at::Float32Precision::IEEE);
}

}  // namespace cebm
