// How images and feature maps lie in memory, and which numbers of them a convolution's matrix products touch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/cpu/conv_kernels.h"

namespace cebm::kernels::cpu {

struct Extent {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const Extent&) const = default;
};

/// Zero padding, kernel and stride of a convolution.
struct Window {
  Extent kernel;
  Extent stride;
  std::int64_t padding = 0;
  bool operator==(const Window&) const = default;
};

/// [height][width][channels] within a border of zeros wide enough for the layer before and the layer after.
struct FeatureMap {
  Extent size;
  std::int64_t channels = 0;
  Extent before;  ///< rows above, columns to the left
  Extent after;   ///< rows below, columns to the right

  std::int64_t row_stride() const { return (before.width + size.width + after.width) * channels; }
  std::int64_t numbers() const { return (before.height + size.height + after.height) * row_stride(); }
  /// Where position (y, x) begins; it may lie in the border.
  std::int64_t offset(std::int64_t y, std::int64_t x) const {
    return (before.height + y) * row_stride() + (before.width + x) * channels;
  }
};

/// Size of a convolution's output; a dimension that does not fit is below 1.
Extent output_size(Extent input, const Window& window);

/// Widens `input`'s border to what the convolution reads of it, and `output`'s to what its transpose reads.
void widen_borders(const Window& window, FeatureMap& input, FeatureMap& output);

/// The rows of one matrix product and the taps that its K runs over.
struct MapRows {
  std::vector<std::int32_t> in_offset;
  std::vector<std::int32_t> out_offset;
  std::int64_t segments = 0;        ///< rows of taps
  std::int64_t segment_stride = 0;  ///< numbers
  std::int64_t segment_length = 0;  ///< numbers
};

/// The rows of a convolution: for each output position, its window of the input.
MapRows convolution_rows(const Window& window, const FeatureMap& input, const FeatureMap& output);

/// For each input position that meets only the taps (phase.height + stride i, phase.width + stride j): the outputs that
/// it contributed to. In both directions the phase's taps come in reverse order.
MapRows transposed_rows(const Window& window, const FeatureMap& input, const FeatureMap& output, Extent phase);

/// How many taps of a kernel belong to a phase, in each direction.
Extent phase_taps(const Window& window, Extent phase);

/// Outputs in rows and columns, each the sum over 2 x 2 neighbouring inputs of every phase.
struct TapGrid {
  Extent outputs;
  std::int64_t in_offset = 0;  ///< the first output's first input, in phase 0
  std::int64_t in_row = 0;     ///< between neighbouring inputs of a phase
  std::int64_t in_column = 0;
  std::vector<std::int64_t> phases;  ///< where each begins, relative to in_offset
  std::int64_t channels = 0;         ///< of an input
  std::int64_t out_offset = 0;
  std::int64_t out_row = 0;  ///< between neighbouring outputs
  std::int64_t out_column = 0;
};

/// A convolution as a TapGrid with one phase per position in a stride, row-major; null unless all have 2 x 2 taps.
std::optional<TapGrid> convolution_grid(const Window& window, const FeatureMap& input, const FeatureMap& output);

/// transposed_rows as a TapGrid of a single phase, with the taps in the same order; null unless the phase has 2 x 2
/// taps and an input position.
std::optional<TapGrid> transposed_grid(const Window& window, const FeatureMap& input, const FeatureMap& output,
                                       Extent phase);

/// All positions of a map, each with its own channels; their products are dense rows of `out_channels` numbers.
MapRows position_rows(const FeatureMap& map, std::int64_t out_channels);

}  // namespace cebm::kernels::cpu
