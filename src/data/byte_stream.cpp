#include "data/byte_stream.h"

#include <cebm/errors.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/describe_content.h"

namespace cebm {

ByteStream::ByteStream(std::filesystem::path file) : file_(std::move(file)) {
  std::error_code error;
  const auto status = std::filesystem::status(file_, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw DataError(file_.string() + ": expected a file, found " +
                    (std::filesystem::is_directory(status) ? "a directory" : "something else"));
  }
  errno = 0;
  stream_.reset(gzopen(file_.c_str(), "rb"));
  if (!stream_) throw DataError(file_.string() + ": cannot be opened: " + std::strerror(errno));
  gzbuffer(stream_.get(), 1U << 17);
}

std::int64_t ByteStream::read(std::uint8_t* out, std::int64_t count) {
  constexpr std::int64_t most = std::int64_t{1} << 30;  // gzread counts in int
  const int got = gzread(stream_.get(), out, static_cast<unsigned>(std::min(count, most)));
  int code = Z_OK;
  const char* const reason = gzerror(stream_.get(), &code);
  if (code == Z_ERRNO) throw DataError(file_.string() + ": cannot be read: " + std::strerror(errno));
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) fail_gz(code, reason);
  position_ += got;
  return got;
}

std::string ByteStream::describe(std::string beginning) {
  const std::size_t known = beginning.size();
  if (known < kDescribedBytes) {
    beginning.resize(kDescribedBytes);
    const std::int64_t got = read(reinterpret_cast<std::uint8_t*>(beginning.data()) + known,
                                  static_cast<std::int64_t>(kDescribedBytes - known));
    beginning.resize(known + static_cast<std::size_t>(got));
  }
  return describe_content(beginning);
}

void ByteStream::fail(std::int64_t offset, const std::string& what) const {
  const bool plain = gzdirect(stream_.get()) != 0;
  throw DataError(file_.string() + ": at byte " + std::to_string(offset) +
                  (plain ? ": " : " of the decompressed data: ") + what);
}

void ByteStream::fail_gz(int code, const std::string& reason) const {
  const std::string prefix = file_.string() + ": ";  // zlib repeats the name
  throw DataError(file_.string() + ": broken gz data near byte " + std::to_string(gzoffset(stream_.get())) + " (" +
                  std::to_string(position_) + " decompressed): expected an intact stream, found: " +
                  (code == Z_BUF_ERROR          ? "unexpected end of file"
                   : reason.starts_with(prefix) ? reason.substr(prefix.size())
                                                : reason));
}

}  // namespace cebm
