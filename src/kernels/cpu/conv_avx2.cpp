// x86-64-v3: 16 registers of 32 bytes.
#define CEBM_KERNELS conv_avx2
#define CEBM_KERNELS_LABEL "AVX2"
#define CEBM_VECTOR_BYTES 32
#define CEBM_ROWS 6
#include "kernels/cpu/conv_loops.h"
