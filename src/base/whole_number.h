/// Integers as people write them in configurations.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cebm {

/// The whole of `text` as an integer: plain digits, or exponent notation whose value is whole (1e5, 1.5e3), computed
/// without rounding. Nothing for anything else, 1.0 and 1.5e0 among it, and for what 64 bits do not hold.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace cebm
