/// Checking text before it is parsed, and quoting it in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cebm {

/// Offset of the first byte that is not UTF-8 or is a control character other than tab and line ends; npos if none.
std::size_t find_non_text(std::string_view bytes);

/// `bytes` with question marks for control characters, which a terminal would obey: names of files and classes may have
/// some. These are C0, delete and C1 (U+0080 to U+009F, and such bytes where they are no part of a character), but for
/// those in `kept`. Other bytes are unchanged.
std::string without_controls(std::string_view bytes, std::string_view kept = "");

/// `text` for a message: at most 60 bytes, cut between characters, control characters replaced.
std::string clip(std::string_view text);

}  // namespace cebm
