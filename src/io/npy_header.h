// The header of a NumPy array's file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cebm {

struct NpyHeader {
  std::string descr;  ///< element type, as "<f8"; for records the text of a list
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the Python dictionary {'descr': ..., 'fortran_order': ..., 'shape': ..., } with its keys in any order, either
/// quotation mark, numbers as Python 2 wrote them (50L), any spaces. Nothing if it is not such a dictionary.
std::optional<NpyHeader> parse_npy_header(std::string_view text);

}  // namespace cebm
