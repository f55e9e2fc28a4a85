// For every processor.
#define CEBM_KERNELS conv_generic
#define CEBM_KERNELS_LABEL "generic"
#define CEBM_VECTOR_BYTES 16
#define CEBM_ROWS 4
#include "kernels/cpu/conv_loops.h"
