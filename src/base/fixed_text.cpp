#include "base/fixed_text.h"

#include <array>
#include <charconv>
#include <limits>

namespace cebm {

namespace {

std::string text_of(double value, std::chars_format format, int precision) {
  constexpr int kSignPointAndDecimals = 20;
  std::array<char, std::numeric_limits<double>::max_exponent10 + kSignPointAndDecimals> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
  return {text.data(), end.ptr};
}

}  // namespace

std::string fixed_text(double value, int decimals) { return text_of(value, std::chars_format::fixed, decimals); }
std::string general_text(double value, int digits) { return text_of(value, std::chars_format::general, digits); }
std::string scientific_text(double value, int decimals) {
  return text_of(value, std::chars_format::scientific, decimals);
}

std::string plus_minus_text(double value, double error, int decimals) {
  return fixed_text(value, decimals) + " ± " + fixed_text(error, decimals);
}

}  // namespace cebm
