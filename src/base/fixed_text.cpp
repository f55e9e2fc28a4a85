#include "base/fixed_text.h"

#include <array>
#include <charconv>
#include <limits>

namespace cebm {

std::string fixed_text(double value, int decimals) {
  constexpr int kSignPointAndDecimals = 20;
  std::array<char, std::numeric_limits<double>::max_exponent10 + kSignPointAndDecimals> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return {text.data(), end.ptr};
}

}  // namespace cebm
