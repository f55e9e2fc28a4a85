// CUDA's triple of sizes or indices, and those that a running thread finds.
#pragma once

struct dim3 {
  unsigned x = 1, y = 1, z = 1;

  constexpr dim3(unsigned of_x = 1, unsigned of_y = 1, unsigned of_z = 1) : x(of_x), y(of_y), z(of_z) {}
};

inline thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;
