// Body of ConvKernels for one instruction set, included by the file that names it:
//   CEBM_KERNELS, CEBM_KERNELS_LABEL  the variable, and the instruction set's usual name
//   CEBM_VECTOR_BYTES, CEBM_ROWS      size of a vector, and how many rows' sums fit in registers
//   CEBM_NATIVE_BF16                  defined where the processor multiplies bfloat16
//   CEBM_TILE_UNIT                    defined where a unit multiplies tiles of bfloat16: its class (loops/tiles.h)
// Everything is in an unnamed namespace and no library template is used: the linker merges copies of shared templates,
// and might keep one that was compiled for a newer processor.
#include "kernels/cpu/loops/products.h"
#include "kernels/cpu/loops/winograd.h"
#ifdef CEBM_TILE_UNIT
#include "kernels/cpu/loops/tiles.h"
#define CEBM_RUN_BF16(Out) run_tiles<CEBM_TILE_UNIT, Out>
#else
#define CEBM_RUN_BF16(Out) run<Bfloat16Products, Out>
#endif

namespace cebm::kernels::cpu {

extern const ConvKernels CEBM_KERNELS;
// NOLINTNEXTLINE(misc-definitions-in-headers): included once for each name
const ConvKernels CEBM_KERNELS{CEBM_KERNELS_LABEL,
                               block_columns,
                               Bfloat16Products::has_instructions,
                               run<Float32Products, float>,
                               run<Float32Products, Bfloat16>,
                               CEBM_RUN_BF16(Bfloat16),
                               CEBM_RUN_BF16(float),
                               outer,
                               winograd_in,
                               winograd_out,
                               winograd_gradient};

}  // namespace cebm::kernels::cpu
