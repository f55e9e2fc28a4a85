// What stb_image takes on trust in a JPEG.
#pragma once

#include <cstddef>
#include <string_view>

namespace cebm {

/// Offset of the first Huffman table of more than 256 codes, npos if there is none. stb_image 2.27 writes beyond its
/// arrays for such a table. Before the first scan the segments are followed as they come; from there on, where only a
/// decoder knows what is data, everything that looks like a table is looked at (intact data never do).
std::size_t find_oversized_huffman_table(std::string_view jpeg);

}  // namespace cebm
