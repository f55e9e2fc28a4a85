// x86-64-v4 with products of bfloat16 pairs.
#define CEBM_KERNELS conv_avx512_bf16
#define CEBM_KERNELS_LABEL "AVX-512 BF16"
#define CEBM_VECTOR_BYTES 64
#define CEBM_ROWS 14
#define CEBM_NATIVE_BF16
#include "kernels/cpu/conv_loops.h"
