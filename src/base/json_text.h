/// Parsing JSON that may come from anybody.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace cebm {

/// Deeper nesting is refused: copying, comparing and printing a value recurse as deep as it is nested.
inline constexpr int kMaxJsonDepth = 64;

/// Throws nlohmann::json::exception: no JSON, numbers that do not fit, or nested more than kMaxJsonDepth deep.
nlohmann::json parse_json(std::string_view text);

}  // namespace cebm
