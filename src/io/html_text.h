/// Text that is safe inside HTML and SVG. Internal to src/io.
#pragma once

#include <string>

namespace cebm {

/// Escapes & < > " and replaces control characters, which neither format allows.
std::string html_escape(const std::string& text);

}  // namespace cebm
