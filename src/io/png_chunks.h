// The chunks that a PNG consists of.
#pragma once

#include <cstddef>
#include <string_view>

namespace cebm {

inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

/// Offset of the chunk of a PNG that ends beyond the file's end, or that is missing before IEND; npos if all is there.
/// stb_image takes as much memory as a chunk announces, up to 2 GiB, before it looks for the data.
std::size_t find_cut_chunk(std::string_view png);

}  // namespace cebm
