// Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), as far as event files need it. Written by
// hand: that is shorter than a dependency on the library, of which LibTorch brings another version.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cebm {

/// A message that is put together field by field.
class Message {
 public:
  Message& integer(int field, std::uint64_t value);
  Message& real(int field, double value);
  Message& real32(int field, float value);
  /// A string, bytes, or an embedded message.
  Message& bytes(int field, std::string_view value);
  Message& message(int field, const Message& value) { return bytes(field, value.encoded_); }
  /// A repeated double, packed.
  Message& reals(int field, std::span<const double> values);

  const std::string& encoded() const { return encoded_; }

 private:
  void key(int field, int wire_type);
  void varint(std::uint64_t value);

  std::string encoded_;
};

/// The integer `field` of an encoded message; nothing where it has none, or the message is damaged before it.
std::optional<std::uint64_t> integer_field(std::string_view message, int field);

}  // namespace cebm
