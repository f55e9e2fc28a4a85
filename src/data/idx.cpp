#include <cebm/dataset.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <span>

#include "data/byte_stream.h"

namespace cebm {

namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::int64_t kFirstChunk = std::int64_t{1} << 20;

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    std::array<char, 4> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(byte));
    if (!text.empty()) text += ' ';
    text += digits.data();
  }
  return text;
}

using Word = std::array<std::uint8_t, 4>;

Word read_word(ByteStream& stream, const std::string& meaning) {
  Word word{};
  const std::int64_t start = stream.position();
  const std::int64_t got = stream.read(word.data(), 4);
  if (got < 4) {
    stream.fail(start, "expected 4 bytes of IDX header (" + meaning + "), found " +
                           (start + got == 0 ? "an empty file" : std::to_string(got)));
  }
  return word;
}

std::vector<std::int64_t> read_header(ByteStream& stream, int rank) {
  const Word magic = read_word(stream, "magic number");
  const Word expected = {0, 0, kUnsignedByte, static_cast<std::uint8_t>(rank)};
  if (magic != expected) {
    const std::string content = stream.describe({magic.begin(), magic.end()});
    stream.fail(0, "expected the magic number " + hex(expected) + " (IDX, unsigned bytes, rank " +
                       std::to_string(rank) + "), found " + hex(magic) + ": " + content);
  }
  std::vector<std::int64_t> sizes;
  std::int64_t total = 1;
  for (int axis = 0; axis < rank; ++axis) {
    const Word word = read_word(stream, "size " + std::to_string(axis + 1) + " of " + std::to_string(rank));
    std::int64_t size = 0;
    for (const auto byte : word) size = size * 256 + byte;
    const std::int64_t offset = stream.position() - 4;
    if (size == 0) stream.fail(offset, "expected a size of at least 1, found 0");
    if (size > std::numeric_limits<std::int64_t>::max() / total) {
      stream.fail(offset, "expected sizes whose product is below 2^63, found " + std::to_string(total) + " * " +
                              std::to_string(size));
    }
    total *= size;
    sizes.push_back(size);
  }
  return sizes;
}

/// Memory grows with the bytes that are read, not with the size in the header.
torch::Tensor read_bytes(ByteStream& stream, std::int64_t count) {
  const std::int64_t header = stream.position();
  torch::Tensor bytes = at::empty({std::min(count, kFirstChunk)}, at::kByte);
  std::int64_t filled = 0;
  while (filled < count) {
    if (filled == bytes.numel()) bytes.resize_({std::min(count, 2 * filled)});
    const std::int64_t got = stream.read(bytes.data_ptr<std::uint8_t>() + filled, bytes.numel() - filled);
    if (got == 0) {
      stream.fail(header + filled,
                  "expected " + std::to_string(count) + " bytes after the header, found " + std::to_string(filled));
    }
    filled += got;
  }
  std::uint8_t surplus = 0;
  if (stream.read(&surplus, 1) != 0) {
    stream.fail(header + count,
                "expected the end after " + std::to_string(count) + " bytes of data, as the header says, found more");
  }
  return bytes;
}

}  // namespace

torch::Tensor read_idx(const std::filesystem::path& file, int rank) {
  ByteStream stream(file);
  const std::vector<std::int64_t> sizes = read_header(stream, rank);
  std::int64_t count = 1;
  for (const auto size : sizes) count *= size;
  return read_bytes(stream, count).view(sizes);
}

}  // namespace cebm
