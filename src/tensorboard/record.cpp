#include "tensorboard/record.h"

#include <cstdint>
#include <cstring>

#include "tensorboard/crc32c.h"

namespace cebm {

namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kChecksumBytes = 4;

template <class Number>
void append(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t place) {
  Number number{};
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return number;
}

}  // namespace

std::string record_of(std::string_view data) {
  std::string record;
  record.reserve(data.size() + kLengthBytes + 2 * kChecksumBytes);
  append(record, static_cast<std::uint64_t>(data.size()));
  append(record, masked_crc32c(record));
  record += data;
  append(record, masked_crc32c(data));
  return record;
}

std::vector<std::string_view> records_in(std::string_view file) {
  constexpr std::size_t kHead = kLengthBytes + kChecksumBytes;
  std::vector<std::string_view> records;
  while (file.size() >= kHead + kChecksumBytes) {
    const auto length = number_at<std::uint64_t>(file, 0);
    if (number_at<std::uint32_t>(file, kLengthBytes) != masked_crc32c(file.substr(0, kLengthBytes))) break;
    if (length > file.size() - kHead - kChecksumBytes) break;
    const std::string_view data = file.substr(kHead, length);
    if (number_at<std::uint32_t>(file, kHead + length) != masked_crc32c(data)) break;
    records.push_back(data);
    file.remove_prefix(kHead + length + kChecksumBytes);
  }
  return records;
}

}  // namespace cebm
