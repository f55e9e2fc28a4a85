/// Parsing untrusted JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace cebm {

/// Deeper nesting is refused: copying, comparing and printing a value recurse as deep as it is nested.
inline constexpr int kMaxJsonDepth = 64;

/// Throws nlohmann::json::exception if the text is not JSON, a number does not fit, or it is nested deeper than
/// kMaxJsonDepth.
nlohmann::json parse_json(std::string_view text);

}  // namespace cebm
