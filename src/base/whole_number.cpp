#include "base/whole_number.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace cebm {

namespace {

constexpr std::int64_t kMostZeros = 18;  // 1e18 is the largest power of ten in 64 bits

template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos) return parse<std::int64_t>(text);

  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  const auto exponent = parse<std::int32_t>(exponent_text);
  std::string_view mantissa = text.substr(0, e);
  const std::string sign = mantissa.starts_with('-') ? "-" : "";
  mantissa.remove_prefix(sign.size());
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::string_view fraction = mantissa.substr(std::min(point + 1, mantissa.size()));
  std::string digits = std::string(mantissa.substr(0, point)) + std::string(fraction);
  if (!exponent || digits.empty() || !is_digits(digits)) return std::nullopt;

  std::int64_t zeros = std::int64_t{*exponent} - static_cast<std::int64_t>(fraction.size());
  for (; digits.size() > 1 && digits.back() == '0'; ++zeros) digits.pop_back();
  if (digits == "0") return 0;
  if (zeros < 0 || zeros > kMostZeros) return std::nullopt;
  return parse<std::int64_t>(sign + digits + std::string(static_cast<std::size_t>(zeros), '0'));
}

}  // namespace cebm
