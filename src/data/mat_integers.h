// Small arrays of MATLAB 5 files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// All numbers of the array `name`, whatever numeric type it is stored in. Throws DataError naming the file: as
/// MatVariable does, and for numbers that are not integers or not below 2^53 in magnitude.
std::vector<std::int64_t> read_mat_integers(const std::filesystem::path& file, const std::string& name);

}  // namespace cebm
