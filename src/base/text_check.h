/// Checking text before it is parsed, and quoting it in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cebm {

/// Offset of the first byte that is not UTF-8 or is a control character other than tab and line ends; npos if none.
std::size_t find_non_text(std::string_view bytes);

/// `text` for a message: at most 60 bytes, cut between characters, control characters replaced.
std::string clip(std::string_view text);

}  // namespace cebm
