#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/image_io.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/option_text.h"

namespace cebm {

namespace {

/// Whether a floating-point number with `digits` binary digits holds the integer exactly.
bool holds(std::int64_t integer, int digits) {
  const auto bits = static_cast<std::uint64_t>(integer);
  const std::uint64_t magnitude = integer < 0 ? 0 - bits : bits;
  return magnitude == 0 || static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude) <= digits;
}

/// Index of the first of `values` that is not `good`, or -1.
template <class T, class Good>
std::int64_t first_bad(const torch::Tensor& values, Good good) {
  const auto* const begin = values.const_data_ptr<T>();
  for (std::int64_t i = 0; i < values.numel(); ++i)
    if (!good(begin[i])) return i;
  return -1;
}

}  // namespace

torch::Tensor exact_numbers(const torch::Tensor& values, torch::ScalarType type, const std::filesystem::path& file) {
  const torch::Tensor numbers = values.to(type).contiguous();
  const std::string name = type == torch::kDouble ? "float64" : "float32";
  const auto refuse = [&](std::int64_t at, const std::string& expected, const std::string& found) {
    if (at < 0) return;
    const std::int64_t row = values.dim() == 0 ? 0 : at / (values.numel() / values.size(0));
    throw DataError(file.string() + ": row " + std::to_string(row) + " (from 0): expected " + expected + ", found " +
                    found);
  };
  if (!values.is_floating_point()) {
    const int digits =
        type == torch::kDouble ? std::numeric_limits<double>::digits : std::numeric_limits<float>::digits;
    const torch::Tensor integers = values.to(torch::kLong).contiguous();
    const std::int64_t bad =
        first_bad<std::int64_t>(integers, [&](std::int64_t value) { return holds(value, digits); });
    refuse(bad, "integers that " + name + " holds exactly",
           bad < 0 ? "" : std::to_string(integers.const_data_ptr<std::int64_t>()[bad]));
    return numbers;
  }
  const torch::Tensor doubles = numbers.to(torch::kDouble).contiguous();
  const std::int64_t bad = first_bad<double>(doubles, [](double value) { return std::isfinite(value); });
  refuse(bad, "finite numbers of " + name,
         bad < 0 ? "" : number_text(values.contiguous().view({-1})[bad].item<double>()));
  return numbers;
}

void require_pixel_range(const torch::Tensor& images, double noise, const std::filesystem::path& file) {
  constexpr double kFarOutside = 16.0;  // no chain that is worth continuing goes there
  if (images.numel() == 0) return;
  const double largest = images.abs().max().item<double>();
  if (largest <= kFarOutside + 10.0 * noise) return;
  throw DataError(file.string() + ": expected images in [-1, 1], found values up to " +
                  number_text(std::round(largest)) + "; bytes p become -1 + 2 p / 255");
}

}  // namespace cebm
