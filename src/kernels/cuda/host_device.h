// Marks functions that g++ and nvcc both compile, Random123's among them.
#pragma once

#ifdef __CUDACC__
#define CEBM_HOST_DEVICE __host__ __device__
#define R123_CUDA_DEVICE __host__ __device__
#else
#define CEBM_HOST_DEVICE
#endif
