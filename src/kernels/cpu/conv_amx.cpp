// x86-64-v4 with bfloat16 products by tiles (AMX-BF16).
#define CEBM_KERNELS conv_amx
#define CEBM_KERNELS_LABEL "AMX"
#define CEBM_VECTOR_BYTES 64
#define CEBM_ROWS 14
#define CEBM_NATIVE_BF16
#define CEBM_TILE_UNIT Amx
#include "kernels/cpu/loops/amx.h"
// After the unit.
#include "kernels/cpu/conv_loops.h"
