// A convolution of two by two taps by minimal filtering, in float32: its tiles and the transformed weights.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/packed_product.h"
#include "kernels/cpu/winograd_tiles.h"

namespace cebm::kernels::cpu {

class WinogradProduct {
 public:
  /// All weights are zero.
  WinogradProduct(const ConvKernels& kernels, const TapGrid& grid, std::int64_t columns);

  /// Sets the weights of element k of a transformed input for all columns from those of the taps (0, 0), (0, 1), (1, 0)
  /// and (1, 1). Threads may set different k concurrently.
  void set_weights(std::int64_t k, const std::array<const float*, 4>& taps);
  void set_strides(std::int64_t in, std::int64_t out);
  /// Added to the sums.
  void set_bias(const float* bias);
  void set_epilogue(Epilogue epilogue, float slope);

  /// As in PackedProduct; `part` applies to the products at each point.
  void operator()(const float* in, float* out, float* companion, std::int64_t images, std::int64_t part,
                  WinogradScratch& scratch) const;

 private:
  const ConvKernels* kernels_;
  std::int64_t used_columns_;
  WinogradTiles tiles_;
  std::vector<PackedProduct> products_;  ///< at each point
  AlignedArray<float> bias_;
};

}  // namespace cebm::kernels::cpu
