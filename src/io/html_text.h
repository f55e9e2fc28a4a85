/// Text that is safe inside HTML and SVG. Internal to src/io.
#pragma once

#include <string>

namespace cebm {

/// Escapes & < > " and makes the rest readable: neither format allows control characters or bytes that are not UTF-8.
std::string html_escape(const std::string& text);

}  // namespace cebm
