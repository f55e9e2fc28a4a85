/// What goes into HTML and SVG alike. Internal to src/report.
#pragma once

#include <cebm/image_io.h>

#include <string>

namespace cebm {

/// Escapes & < > " and makes the rest readable: neither format allows control characters or bytes that are not UTF-8.
std::string html_escape(const std::string& text);

/// The picture as the address of itself: "data:image/png;base64,...".
std::string png_data_uri(const Picture& picture);

}  // namespace cebm
