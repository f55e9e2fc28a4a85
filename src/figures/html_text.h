/// Text and pictures as HTML and SVG need them. Internal to src/figures.
#pragma once

#include <cebm/image_io.h>

#include <string>

namespace cebm {

/// Escapes & < > " and makes the rest readable: neither format allows control characters or bytes that are not UTF-8.
std::string html_escape(const std::string& text);

/// The picture as a data URI: "data:image/png;base64,...".
std::string png_data_uri(const Picture& picture);

}  // namespace cebm
