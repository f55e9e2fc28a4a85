// TensorFlow's record files (TFRecord), the format of event files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cebm {

/// A record: length of the data (8 bytes, little-endian), its masked CRC-32C (4), the data, their masked CRC-32C (4).
std::string record_of(std::string_view data);

/// The data of a file's records, in order, up to the first that is damaged or truncated. The views point into `file`.
std::vector<std::string_view> records_in(std::string_view file);

}  // namespace cebm
