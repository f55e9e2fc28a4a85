#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <span>

namespace cebm {

namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::int64_t kFirstChunk = std::int64_t{1} << 20;

/// The bytes of a file, decompressed where it begins with the gz magic; zlib checks length and CRC of every member.
class ByteStream {
 public:
  explicit ByteStream(const std::filesystem::path& file) : file_(file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      throw DataError(file.string() + ": expected a file, found " +
                      (std::filesystem::is_directory(status) ? "a directory" : "something else"));
    }
    errno = 0;
    stream_.reset(gzopen(file.c_str(), "rb"));
    if (!stream_) throw DataError(file.string() + ": cannot be opened: " + std::strerror(errno));
    gzbuffer(stream_.get(), 1U << 17);
  }

  /// Reads up to `count` bytes; fewer only at the end of the data.
  std::int64_t read(std::uint8_t* out, std::int64_t count) {
    constexpr std::int64_t most = std::int64_t{1} << 30;  // gzread counts in int
    const int got = gzread(stream_.get(), out, static_cast<unsigned>(std::min(count, most)));
    int code = Z_OK;
    const char* const reason = gzerror(stream_.get(), &code);
    if (code == Z_ERRNO) throw DataError(file_.string() + ": cannot be read: " + std::strerror(errno));
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) fail_gz(code, reason);
    position_ += got;
    return got;
  }

  /// How many bytes came so far.
  std::int64_t position() const { return position_; }

  [[noreturn]] void fail(std::int64_t offset, const std::string& what) const {
    const bool plain = gzdirect(stream_.get()) != 0;
    throw DataError(file_.string() + ": at byte " + std::to_string(offset) +
                    (plain ? ": " : " of the decompressed data: ") + what);
  }

 private:
  struct Close {
    void operator()(gzFile stream) const { gzclose(stream); }
  };

  [[noreturn]] void fail_gz(int code, const std::string& reason) const {
    const std::string prefix = file_.string() + ": ";  // zlib repeats the name
    throw DataError(file_.string() + ": broken gz data near byte " + std::to_string(gzoffset(stream_.get())) + " (" +
                    std::to_string(position_) + " decompressed): expected an intact stream, found: " +
                    (code == Z_BUF_ERROR          ? "unexpected end of file"
                     : reason.starts_with(prefix) ? reason.substr(prefix.size())
                                                  : reason));
  }

  std::filesystem::path file_;
  std::unique_ptr<gzFile_s, Close> stream_;
  std::int64_t position_ = 0;
};

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
    stream.fail(0, "expected the magic number " + hex(expected) + " (IDX, unsigned bytes, rank " +
                       std::to_string(rank) + "), found " + hex(magic));
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

/// Memory grows with the bytes that arrive, not with what the header announces.
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
