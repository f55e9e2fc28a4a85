#include "tensorboard/wire.h"

#include <bit>
#include <cstring>

namespace cebm {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class Number>
std::string_view bytes_of(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// Removes a varint from the front of `bytes`.
std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return value;
  }
  return std::nullopt;
}

/// Removes a field's value from the front of `bytes`; false if it is truncated or of an unknown wire type.
bool skip(std::string_view& bytes, std::uint64_t wire_type) {
  std::uint64_t size = 0;
  switch (wire_type) {
    case kVarint:
      return take_varint(bytes).has_value();
    case kFixed64:
      size = 8;
      break;
    case kFixed32:
      size = 4;
      break;
    case kBytes: {
      const auto length = take_varint(bytes);
      if (!length) return false;
      size = *length;
      break;
    }
    default:
      return false;
  }
  if (size > bytes.size()) return false;
  bytes.remove_prefix(size);
  return true;
}

}  // namespace

void Message::varint(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) encoded_ += static_cast<char>(value | 0x80U);
  encoded_ += static_cast<char>(value);
}

void Message::key(int field, int wire_type) { varint(static_cast<std::uint64_t>(field) << 3U | wire_type); }

Message& Message::integer(int field, std::uint64_t value) {
  key(field, kVarint);
  varint(value);
  return *this;
}

Message& Message::real(int field, double value) {
  key(field, kFixed64);
  encoded_ += bytes_of(value);
  return *this;
}

Message& Message::real32(int field, float value) {
  key(field, kFixed32);
  encoded_ += bytes_of(value);
  return *this;
}

Message& Message::bytes(int field, std::string_view value) {
  key(field, kBytes);
  varint(value.size());
  encoded_ += value;
  return *this;
}

Message& Message::reals(int field, std::span<const double> values) {
  return bytes(field, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

std::optional<std::uint64_t> integer_field(std::string_view message, int field) {
  while (!message.empty()) {
    const auto key = take_varint(message);
    if (!key) return std::nullopt;
    if (*key == (static_cast<std::uint64_t>(field) << 3U | kVarint)) return take_varint(message);
    if (!skip(message, *key & 7U)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace cebm
