// x86-64-v4: 32 registers of 64 bytes.
#define CEBM_KERNELS conv_avx512
#define CEBM_KERNELS_LABEL "AVX-512"
#define CEBM_VECTOR_BYTES 64
#define CEBM_ROWS 14
#include "kernels/cpu/conv_loops.h"
