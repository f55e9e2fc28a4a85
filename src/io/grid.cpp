#include <ATen/ATen.h>
#include <cebm/image_io.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace cebm {

namespace {

constexpr int kGapGrey = 128;
constexpr std::int64_t kMaxBytes = std::numeric_limits<std::int32_t>::max();  // limit of the PNG encoder

[[noreturn]] void fail(const std::string& what) { throw std::invalid_argument("make_grid: " + what); }

/// Converts [N, C, H, W] of any accepted type to uint8 [N, H, W, C] on the CPU.
torch::Tensor to_bytes(const torch::Tensor& images) {
  torch::Tensor host = images.detach().to(torch::kCPU);
  if (host.is_floating_point())
    host = (host.to(torch::kFloat).nan_to_num(0.0).clamp(-1.0, 1.0) * 127.5 + 127.5).round().to(torch::kByte);
  return host.permute({0, 2, 3, 1});
}

}  // namespace

Picture make_grid(const torch::Tensor& images, const GridOptions& options) {
  if (images.dim() != 4 || images.numel() == 0) fail("expected images [N, C, H, W], found " + c10::str(images.sizes()));
  if (images.size(1) != 1 && images.size(1) != 3)
    fail("expected 1 or 3 channels, found " + std::to_string(images.size(1)));
  if (!images.is_floating_point() && images.scalar_type() != torch::kByte)
    fail(std::string("expected floats or uint8, found ") + torch::toString(images.scalar_type()));
  if (options.columns < 0 || options.gap < 0 || options.scale < 1) fail("columns, gap or scale out of range");

  const std::int64_t count = images.size(0);
  const std::int64_t square = std::llround(std::ceil(std::sqrt(static_cast<double>(count))));
  const std::int64_t columns = options.columns == 0 ? square : std::min(options.columns, count);
  const std::int64_t rows = (count + columns - 1) / columns;
  const double tile_height = static_cast<double>(images.size(2)) * static_cast<double>(options.scale);
  const double tile_width = static_cast<double>(images.size(3)) * static_cast<double>(options.scale);
  const double gap = static_cast<double>(options.gap);
  if (static_cast<double>(rows) * (tile_height + gap) * static_cast<double>(columns) * (tile_width + gap) *
          static_cast<double>(images.size(1)) >
      static_cast<double>(kMaxBytes))
    fail("the grid would be larger than 2 GiB");

  const torch::Tensor tiles = to_bytes(images).repeat_interleave(options.scale, 1).repeat_interleave(options.scale, 2);
  const std::int64_t height = tiles.size(1);
  const std::int64_t width = tiles.size(2);
  const torch::Tensor canvas = torch::full(
      {rows * (height + options.gap) - options.gap, columns * (width + options.gap) - options.gap, tiles.size(3)},
      kGapGrey, torch::kByte);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t top = i / columns * (height + options.gap);
    const std::int64_t left = i % columns * (width + options.gap);
    canvas.slice(0, top, top + height).slice(1, left, left + width).copy_(tiles[i]);
  }
  const auto* bytes = canvas.const_data_ptr<std::uint8_t>();
  return {canvas.size(1), canvas.size(0), canvas.size(2), {bytes, bytes + canvas.numel()}};
}

}  // namespace cebm
