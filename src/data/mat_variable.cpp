#include "data/mat_variable.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace cebm {

namespace {

// Element types and array classes of the MATLAB 5 format.
constexpr std::uint32_t kInt8 = 1;
constexpr std::uint32_t kUInt8 = 2;
constexpr std::uint32_t kInt32 = 5;
constexpr std::uint32_t kUInt32 = 6;
constexpr std::uint8_t kDoubleClass = 6;
constexpr std::uint8_t kUInt8Class = 9;
constexpr std::uint8_t kLastNumericClass = 15;
constexpr std::uint8_t kComplexFlag = 0x08;

constexpr std::uint32_t kMostHeaderBytes = 4096;  // of a name or of sizes
/// Upper bound of Deflate's compression ratio: 258 bytes from two bits.
constexpr std::uint64_t kMostInflation = 1032;

constexpr std::uint64_t kBlockBytes = 4096;  // a multiple of every number's size

/// An element type in which numbers may be stored, whatever the class of their array.
struct NumberType {
  std::uint32_t type;
  std::uint64_t bytes;
  double (*value)(const std::uint8_t* bytes);
};

template <class T>
double value_of(const std::uint8_t* bytes) {
  T value{};
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

constexpr std::array<NumberType, 10> kNumberTypes = {{{1, 1, value_of<std::int8_t>},
                                                      {2, 1, value_of<std::uint8_t>},
                                                      {3, 2, value_of<std::int16_t>},
                                                      {4, 2, value_of<std::uint16_t>},
                                                      {5, 4, value_of<std::int32_t>},
                                                      {6, 4, value_of<std::uint32_t>},
                                                      {7, 4, value_of<float>},
                                                      {9, 8, value_of<double>},
                                                      {12, 8, value_of<std::int64_t>},
                                                      {13, 8, value_of<std::uint64_t>}}};

std::uint64_t padded(std::uint64_t bytes) { return (bytes + 7) / 8 * 8; }

}  // namespace

MatVariable::MatVariable(const std::filesystem::path& file, const std::string& name) : name_(name), element_(file) {
  std::string others;
  while (element_.next()) {
    const std::string found = read_matrix_header();
    if (found == name) {
      if (class_ < kDoubleClass || class_ > kLastNumericClass) {
        fail("expected '" + name + "' to be an array of real numbers, found class " + std::to_string(class_));
      }
      return;
    }
    others += (others.empty() ? "'" : ", '") + found + "'";
  }
  std::error_code ignored;
  element_.fail_at(std::filesystem::file_size(file, ignored), "expected a variable '" + name +
                                                                  "' before the end of the file, found " +
                                                                  (others.empty() ? "none" : "only " + others));
}

std::int64_t MatVariable::numel() const {
  std::int64_t product = 1;
  for (const auto size : sizes_) product *= size;
  return product;
}

MatVariable::Tag MatVariable::read_tag(const std::string& meaning) {
  std::uint8_t bytes[8] = {};
  element_.read(bytes, sizeof bytes, meaning);
  Tag tag;
  std::memcpy(&tag.type, bytes, 4);
  tag.small = tag.type >> 16 != 0;
  if (tag.small) {
    tag.bytes = tag.type >> 16;
    tag.type &= 0xFFFF;
    if (tag.bytes > 4) element_.fail("expected at most 4 bytes in a small element (" + meaning + ")");
    std::memcpy(tag.data, bytes + 4, 4);
  } else {
    std::memcpy(&tag.bytes, bytes + 4, 4);
  }
  return tag;
}

std::vector<std::uint8_t> MatVariable::read_part(std::uint32_t type, const std::string& meaning) {
  const Tag tag = read_tag(meaning);
  if (tag.type != type || tag.bytes > kMostHeaderBytes) {
    element_.fail("expected " + meaning + " (element type " + std::to_string(type) + "), found type " +
                  std::to_string(tag.type) + " with " + std::to_string(tag.bytes) + " bytes");
  }
  const std::uint64_t stored = tag.small ? 0 : padded(tag.bytes);
  const std::uint64_t used = 8 + stored;
  if (used > remaining_) element_.fail("expected " + meaning + ", found the end of the array");
  remaining_ -= used;
  if (tag.small) return {tag.data, tag.data + tag.bytes};
  std::vector<std::uint8_t> bytes(stored);
  element_.read(bytes.data(), stored, meaning);
  bytes.resize(tag.bytes);
  return bytes;
}

std::string MatVariable::read_matrix_header() {
  remaining_ = element_.stored_bytes();
  if (element_.compressed()) {
    const Tag tag = read_tag("tag of an array");
    if (tag.type != kMatrix || tag.small) {
      element_.fail("expected an array (element type 14), found type " + std::to_string(tag.type));
    }
    remaining_ = tag.bytes;
  }
  const auto flags = read_part(kUInt32, "flags of an array");
  if (flags.size() != 8) element_.fail("expected 8 bytes of flags, found " + std::to_string(flags.size()));
  class_ = (flags[1] & kComplexFlag) != 0 ? std::uint8_t{0} : flags[0];

  const auto dimensions = read_part(kInt32, "sizes of an array");
  sizes_.clear();
  std::int64_t total = 1;
  for (std::size_t i = 0; i + 4 <= dimensions.size(); i += 4) {
    std::int32_t size = 0;
    std::memcpy(&size, dimensions.data() + i, 4);
    if (size < 0 || (size > 0 && total > std::numeric_limits<std::int64_t>::max() / size)) {
      element_.fail("expected sizes whose product is below 2^63, found " + std::to_string(total) + " * " +
                    std::to_string(size));
    }
    total *= std::max(size, 1);
    sizes_.push_back(size);
  }
  const auto name = read_part(kInt8, "name of an array");
  return {name.begin(), name.end()};
}

void MatVariable::open_bytes() {
  if (class_ != kUInt8Class) {
    fail("expected '" + name_ + "' to hold uint8, found class " + std::to_string(class_) + " of MATLAB's");
  }
  const auto expected = static_cast<std::uint64_t>(numel());
  const std::uint64_t most = element_.stored_bytes() * (element_.compressed() ? kMostInflation : 1);
  if (expected > most) {
    fail("expected at most " + std::to_string(most) + " bytes of data, as the file's size allows, found " +
         std::to_string(expected) + " announced for '" + name_ + "'");
  }
  const Tag tag = read_tag("tag of the data");
  if (tag.type != kUInt8 || tag.small || tag.bytes != expected) {
    element_.fail("expected " + std::to_string(expected) + " bytes of data (element type 2), found type " +
                  std::to_string(tag.type) + " with " + std::to_string(tag.bytes));
  }
  if (remaining_ < 8 + expected) {
    element_.fail("expected " + std::to_string(expected) + " bytes of data, found an array of " +
                  std::to_string(remaining_) + " bytes");
  }
  remaining_ -= 8 + expected;
}

std::vector<double> MatVariable::read_numbers() {
  const auto count = static_cast<std::uint64_t>(numel());
  const Tag tag = read_tag("tag of the data");
  const auto* const type = std::ranges::find(kNumberTypes, tag.type, &NumberType::type);
  if (type == kNumberTypes.end()) {
    element_.fail("expected numbers in '" + name_ + "', found element type " + std::to_string(tag.type));
  }
  if (tag.bytes % type->bytes != 0 || tag.bytes / type->bytes != count) {
    element_.fail("expected " + std::to_string(count) + " numbers of " + std::to_string(type->bytes) +
                  " bytes, found " + std::to_string(tag.bytes) + " bytes");
  }
  const std::uint64_t stored = tag.small ? 0 : tag.bytes;
  if (remaining_ < 8 + stored) {
    element_.fail("expected " + std::to_string(tag.bytes) + " bytes of data, found an array of " +
                  std::to_string(remaining_) + " bytes");
  }
  remaining_ -= 8 + stored;
  std::vector<double> numbers;  // grows with the bytes that are read
  std::array<std::uint8_t, kBlockBytes> block{};
  if (tag.small) std::memcpy(block.data(), tag.data, sizeof tag.data);
  for (std::uint64_t left = tag.bytes; left > 0;) {
    const std::uint64_t bytes = std::min(left, kBlockBytes);
    if (!tag.small) element_.read(block.data(), bytes, "data of '" + name_ + "'");
    for (std::uint64_t at = 0; at < bytes; at += type->bytes) numbers.push_back(type->value(block.data() + at));
    left -= bytes;
  }
  finish_bytes();
  return numbers;
}

void MatVariable::finish_bytes() {
  std::uint8_t padding[8] = {};
  if (remaining_ > 7) element_.fail("expected the end of the array, found " + std::to_string(remaining_) + " bytes");
  element_.read(padding, remaining_, "padding");
  element_.expect_end();
}

}  // namespace cebm
