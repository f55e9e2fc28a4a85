// Random123's Philox, and a mark for our own functions that g++ and nvcc both compile.
#pragma once

#ifdef __CUDACC__
#define CEBM_HOST_DEVICE __host__ __device__
#define R123_CUDA_DEVICE CEBM_HOST_DEVICE  // Random123's own choice is one of the two, by compiler pass
#else
#define CEBM_HOST_DEVICE
#endif

#include <Random123/philox.h>
