// A CSV file with one row per image.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// A name and the images' values: [N], or [N, D] for D columns name_0 ... of the table; float32 or int64.
using ImageColumn = std::pair<std::string, torch::Tensor>;

/// Writes "image,a,b_0,b_1" and a row for each image, its number first. Numbers have just enough digits to read back
/// exactly. Throws IoError.
void write_image_table(const std::filesystem::path& file, const std::vector<ImageColumn>& columns);

}  // namespace cebm
