/// Integers as people write them in configurations.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cebm {

/// Parses all of `text` as an integer: plain digits, or exponent notation with a whole value (1e5, 1.5e3), computed
/// without rounding. Returns nothing for anything else, including 1.0, 1.5e0 and values that do not fit 64 bits.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace cebm
