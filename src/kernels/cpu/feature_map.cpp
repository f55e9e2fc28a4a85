#include "kernels/cpu/feature_map.h"

#include <algorithm>

namespace cebm::kernels::cpu {

namespace {

/// One direction of a window.
struct Axis {
  std::int64_t kernel, stride, padding;
};

Axis vertical(const Window& w) { return {w.kernel.height, w.stride.height, w.padding}; }
Axis horizontal(const Window& w) { return {w.kernel.width, w.stride.width, w.padding}; }

std::int64_t taps(Axis axis, std::int64_t phase) {
  return phase < axis.kernel ? (axis.kernel - phase + axis.stride - 1) / axis.stride : 0;
}

/// First input position of a phase: (i + padding) % stride == phase.
std::int64_t first_position(Axis axis, std::int64_t phase) {
  return (phase + axis.stride - axis.padding % axis.stride) % axis.stride;
}

std::int64_t last_output(Axis axis, std::int64_t position) { return (position + axis.padding) / axis.stride; }

void widen(Axis axis, std::int64_t input, std::int64_t output, std::int64_t& in_before, std::int64_t& in_after,
           std::int64_t& out_before, std::int64_t& out_after) {
  in_before = std::max(in_before, axis.padding);
  in_after = std::max(in_after, (output - 1) * axis.stride + axis.kernel - axis.padding - input);
  out_after = std::max(out_after, last_output(axis, input - 1) - (output - 1));
  for (std::int64_t phase = 0; phase < std::min(axis.stride, axis.kernel); ++phase) {
    const std::int64_t first = last_output(axis, first_position(axis, phase)) - (taps(axis, phase) - 1);
    out_before = std::max(out_before, -first);
  }
}

std::int32_t narrow(std::int64_t offset) { return static_cast<std::int32_t>(offset); }

}  // namespace

Extent output_size(Extent input, const Window& window) {
  const auto along = [](std::int64_t size, Axis axis) {
    const std::int64_t room = size + 2 * axis.padding - axis.kernel;
    return room < 0 ? 0 : room / axis.stride + 1;
  };
  return {along(input.height, vertical(window)), along(input.width, horizontal(window))};
}

void widen_borders(const Window& window, FeatureMap& input, FeatureMap& output) {
  widen(vertical(window), input.size.height, output.size.height, input.before.height, input.after.height,
        output.before.height, output.after.height);
  widen(horizontal(window), input.size.width, output.size.width, input.before.width, input.after.width,
        output.before.width, output.after.width);
}

MapRows convolution_rows(const Window& window, const FeatureMap& input, const FeatureMap& output) {
  MapRows rows;
  for (std::int64_t y = 0; y < output.size.height; ++y) {
    for (std::int64_t x = 0; x < output.size.width; ++x) {
      rows.in_offset.push_back(
          narrow(input.offset(y * window.stride.height - window.padding, x * window.stride.width - window.padding)));
      rows.out_offset.push_back(narrow(output.offset(y, x)));
    }
  }
  rows.segments = window.kernel.height;
  rows.segment_stride = input.row_stride();
  rows.segment_length = window.kernel.width * input.channels;
  return rows;
}

Extent phase_taps(const Window& window, Extent phase) {
  return {taps(vertical(window), phase.height), taps(horizontal(window), phase.width)};
}

MapRows transposed_rows(const Window& window, const FeatureMap& input, const FeatureMap& output, Extent phase) {
  const Extent count = phase_taps(window, phase);
  MapRows rows;
  rows.segments = count.width > 0 ? count.height : 0;
  rows.segment_stride = output.row_stride();
  rows.segment_length = count.width * output.channels;
  const bool empty = rows.segments == 0;
  for (std::int64_t y = first_position(vertical(window), phase.height); y < input.size.height;
       y += window.stride.height) {
    for (std::int64_t x = first_position(horizontal(window), phase.width); x < input.size.width;
         x += window.stride.width) {
      const std::int64_t top = last_output(vertical(window), y) - (count.height - 1);
      const std::int64_t left = last_output(horizontal(window), x) - (count.width - 1);
      rows.in_offset.push_back(empty ? 0 : narrow(output.offset(top, left)));
      rows.out_offset.push_back(narrow(input.offset(y, x)));
    }
  }
  return rows;
}

std::optional<TapGrid> convolution_grid(const Window& window, const FeatureMap& input, const FeatureMap& output) {
  const Extent stride = window.stride;
  if (window.kernel.height != 2 * stride.height || window.kernel.width != 2 * stride.width) return std::nullopt;
  TapGrid grid{.outputs = output.size,
               .in_offset = input.offset(-window.padding, -window.padding),
               .in_row = stride.height * input.row_stride(),
               .in_column = stride.width * input.channels,
               .phases = {},
               .channels = input.channels,
               .out_offset = output.offset(0, 0),
               .out_row = output.row_stride(),
               .out_column = output.channels};
  for (std::int64_t y = 0; y < stride.height; ++y) {
    for (std::int64_t x = 0; x < stride.width; ++x) {
      grid.phases.push_back(y * input.row_stride() + x * input.channels);
    }
  }
  return grid;
}

std::optional<TapGrid> transposed_grid(const Window& window, const FeatureMap& input, const FeatureMap& output,
                                       Extent phase) {
  const Extent count = phase_taps(window, phase);
  if (count.height != 2 || count.width != 2) return std::nullopt;
  const Extent stride = window.stride;
  const std::int64_t y = first_position(vertical(window), phase.height);
  const std::int64_t x = first_position(horizontal(window), phase.width);
  if (y >= input.size.height || x >= input.size.width) return std::nullopt;
  return TapGrid{
      .outputs = {(input.size.height - y - 1) / stride.height + 1, (input.size.width - x - 1) / stride.width + 1},
      .in_offset = output.offset(last_output(vertical(window), y) - 1, last_output(horizontal(window), x) - 1),
      .in_row = output.row_stride(),
      .in_column = output.channels,
      .phases = {0},
      .channels = output.channels,
      .out_offset = input.offset(y, x),
      .out_row = stride.height * input.row_stride(),
      .out_column = stride.width * input.channels};
}

MapRows position_rows(const FeatureMap& map, std::int64_t out_channels) {
  MapRows rows;
  std::int64_t out = 0;
  for (std::int64_t y = 0; y < map.size.height; ++y) {
    for (std::int64_t x = 0; x < map.size.width; ++x, out += out_channels) {
      rows.in_offset.push_back(narrow(map.offset(y, x)));
      rows.out_offset.push_back(narrow(out));
    }
  }
  rows.segments = 1;
  rows.segment_length = map.channels;
  return rows;
}

}  // namespace cebm::kernels::cpu
