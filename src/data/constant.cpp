#include "data/drawn.h"
#include "data/rows.h"

namespace cebm {

namespace {

/// Each image is one grey level or colour; every channel of it is uniform on 0 .. 255.
torch::Tensor draw_constant(const Drawing& drawing) {
  const ImageShape shape = drawing.shape;
  const torch::Tensor colours = at::empty({drawing.count, shape.channels, 1, 1}, at::kByte);
  auto* out = colours.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < drawing.count; ++i) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      const double unit = random_unit(drawing.key, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(c));
      *out++ = static_cast<std::uint8_t>(256 * unit);
    }
  }
  return colours.expand({drawing.count, shape.channels, shape.height, shape.width})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

DatasetEntry constant() {
  return drawn_entry(DrawnSet::constant, "constant",
                     "images of one grey level or colour each, drawn at random, in any size", draw_constant);
}

}  // namespace cebm
