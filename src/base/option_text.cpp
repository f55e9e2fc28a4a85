#include "base/option_text.h"

#include <array>
#include <charconv>
#include <limits>

namespace cebm {

namespace {

std::string bound_text(std::int64_t value) { return std::to_string(value); }
std::string bound_text(double value) { return number_text(value); }

// An end at the type's own limit is no bound.
template <class T>
std::string range_text(Range<T> range) {
  const bool low = range.low > std::numeric_limits<T>::lowest();
  const bool high = range.high < std::numeric_limits<T>::max();
  if (low && high) return " in [" + bound_text(range.low) + ", " + bound_text(range.high) + "]";
  if (low) return " >= " + bound_text(range.low);
  if (high) return " <= " + bound_text(range.high);
  return "";
}

}  // namespace

std::string number_text(double value) {
  std::array<char, 32> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general);
  std::string text(digits.data(), result.ptr);
  // Without a point, YAML 1.1 takes a number with an exponent for text.
  const std::size_t exponent = text.find('e');
  if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
  return text;
}

std::string list_text(const std::vector<std::int64_t>& values) {
  std::vector<std::string> words;
  for (const std::int64_t value : values) words.push_back(std::to_string(value));
  return "[" + join(words) + "]";
}

std::string list_text(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  for (const std::string& value : values) quoted.push_back("\"" + value + "\"");
  return "[" + join(quoted) + "]";
}

std::string join(std::span<const std::string> words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string integer_type(Range<std::int64_t> range) { return "integer" + range_text(range); }
std::string number_type(Range<double> range) { return "number" + range_text(range); }
std::string integers_type(Range<std::int64_t> range) { return "list of integers" + range_text(range); }
std::string word_type(std::span<const std::string> allowed) { return "one of " + join(allowed); }
std::string words_type(std::span<const std::string> allowed) { return "list out of " + join(allowed); }

}  // namespace cebm
