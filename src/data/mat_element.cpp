#include "data/mat_element.h"

#include <cebm/errors.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "io/describe_content.h"

namespace cebm {

namespace {

constexpr std::uint64_t kHeaderBytes = 128;
constexpr std::uint64_t kTagBytes = 8;
constexpr std::uint32_t kCompressed = 15;
constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

}  // namespace

void MatElement::EndInflate::operator()(z_stream* stream) const {
  inflateEnd(stream);
  delete stream;
}

MatElement::MatElement(const std::filesystem::path& file) : file_(file), buffer_(kBufferBytes) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw DataError(file.string() + ": expected a file, found a directory");
  }
  errno = 0;
  input_.open(file, std::ios::binary);
  if (!input_) {
    throw DataError(file.string() + ": cannot be opened: " + std::generic_category().message(errno));
  }
  file_size_ = std::filesystem::file_size(file, error);
  if (error) throw DataError(file.string() + ": cannot be read: " + error.message());
  check_header();
}

void MatElement::check_header() {
  std::array<char, kHeaderBytes> header{};
  const std::string content = describe_file(file_);
  if (file_size_ < kHeaderBytes) {
    fail_at(file_size_, "expected the 128 bytes of a MATLAB 5 header, found the end of the file: " + content);
  }
  read_file(header.data(), header.size());
  const std::string_view text(header.data(), header.size());
  if (text.starts_with("MATLAB 7.3")) fail_at(0, "expected a MATLAB 5 file, found MATLAB 7.3 (HDF5)");
  if (text.substr(126) == "MI") fail_at(126, "expected a little-endian MATLAB 5 file, found a big-endian one");
  constexpr std::string_view kMark("\0\1IM", 4);
  if (text.substr(124) != kMark) {
    fail_at(124, "expected version 0x0100 and the mark IM of a MATLAB 5 file, found " + content);
  }
  end_ = kHeaderBytes;
}

void MatElement::fail(const std::string& what) const {
  if (!compressed_) fail_at(position_, what);
  throw DataError(file_.string() + ": at byte " + std::to_string(position_ - (inflate_ ? inflate_->avail_in : 0)) +
                  " (" + std::to_string(content_) + " of this element decompressed): " + what);
}

void MatElement::fail_at(std::uint64_t offset, const std::string& what) const {
  throw DataError(file_.string() + ": at byte " + std::to_string(offset) + ": " + what);
}

void MatElement::read_file(void* out, std::uint64_t count) {
  if (!input_.read(static_cast<char*>(out), static_cast<std::streamsize>(count))) {
    fail_at(position_, std::to_string(count) + " bytes cannot be read");
  }
  position_ += count;
}

bool MatElement::next() {
  if (end_ == file_size_) return false;
  offset_ = position_ = end_;
  content_ = 0;
  compressed_ = false;
  if (file_size_ - offset_ < kTagBytes) {
    fail_at(offset_, "expected the 8 bytes of an element's tag, found " + std::to_string(file_size_ - offset_));
  }
  input_.seekg(static_cast<std::streamoff>(offset_));
  std::array<std::uint32_t, 2> tag{};
  read_file(tag.data(), kTagBytes);
  const auto [type, bytes] = tag;
  if (type != kMatrix && type != kCompressed) {
    fail_at(offset_,
            "expected an array, plain or compressed (element type 14 or 15), found type " + std::to_string(type));
  }
  if (bytes > file_size_ - position_) {
    fail_at(offset_ + 4, "expected " + std::to_string(bytes) + " bytes in this element, found " +
                             std::to_string(file_size_ - position_) + " before the end of the file");
  }
  end_ = position_ + bytes;
  compressed_ = type == kCompressed;
  if (compressed_) {
    stream_ended_ = false;
    inflate_.reset();
    auto stream = std::make_unique<z_stream>();
    if (inflateInit(stream.get()) != Z_OK) throw std::bad_alloc();
    inflate_.reset(stream.release());
  }
  return true;
}

std::uint64_t MatElement::inflate_some(std::uint8_t* out, std::uint64_t count) {
  constexpr std::uint64_t most = std::uint64_t{1} << 30;
  inflate_->next_out = out;
  inflate_->avail_out = static_cast<uInt>(std::min(count, most));
  const uInt wanted = inflate_->avail_out;
  while (inflate_->avail_out > 0 && !stream_ended_) {
    if (inflate_->avail_in == 0) {
      const std::uint64_t bytes = std::min<std::uint64_t>(buffer_.size(), end_ - position_);
      if (bytes == 0) break;
      read_file(buffer_.data(), bytes);
      inflate_->next_in = buffer_.data();
      inflate_->avail_in = static_cast<uInt>(bytes);
    }
    const int code = inflate(inflate_.get(), Z_NO_FLUSH);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    stream_ended_ = code == Z_STREAM_END;
    if (code != Z_OK && !stream_ended_) {
      fail(std::string("expected intact compressed data, found: ") +
           (inflate_->msg != nullptr ? inflate_->msg : "no progress"));
    }
  }
  const std::uint64_t got = wanted - inflate_->avail_out;
  content_ += got;
  return got;
}

void MatElement::read(void* out, std::uint64_t count, const std::string& meaning) {
  auto* target = static_cast<std::uint8_t*>(out);
  if (!compressed_) {
    if (count > end_ - position_) {
      fail("expected " + std::to_string(count) + " more bytes (" + meaning + "), found " +
           std::to_string(end_ - position_) + " before the end of the element");
    }
    read_file(target, count);
    content_ += count;
    return;
  }
  while (count > 0) {
    const std::uint64_t got = inflate_some(target, count);
    if (got == 0) {
      fail("expected " + std::to_string(count) + " more bytes (" + meaning + "), found the end of the compressed data");
    }
    target += got;
    count -= got;
  }
}

void MatElement::expect_end() {
  if (!compressed_) {
    if (position_ != end_) {
      fail("expected the end of the element, found " + std::to_string(end_ - position_) + " more bytes");
    }
    return;
  }
  std::uint8_t surplus = 0;
  if (inflate_some(&surplus, 1) != 0) fail("expected the end of the compressed data, found more");
  if (!stream_ended_) fail("expected the checksum of the compressed data, found the end of the element");
}

}  // namespace cebm
