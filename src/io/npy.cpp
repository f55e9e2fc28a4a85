#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

#include "base/digest.h"
#include "io/describe_content.h"
#include "io/npy_checksum.h"
#include "io/npy_header.h"

namespace cebm {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::string_view kWrittenMagic = "\x93NUMPY\x01\x00"sv;  // with version 1.0
constexpr std::size_t kVersionOffset = 6;
constexpr std::size_t kLengthOffset = 8;  // of the header's length: two bytes, four from version 2 on
constexpr std::size_t kWrittenPrefix = 10;

/// An element as it is stored, and the type that holds all its values.
struct ElementType {
  std::string_view name;  ///< after the byte order
  torch::ScalarType stored;
  torch::ScalarType type;
};
constexpr std::array<ElementType, 12> kElementTypes{{{"f4", torch::kFloat, torch::kFloat},
                                                     {"f8", torch::kDouble, torch::kDouble},
                                                     {"i8", torch::kLong, torch::kLong},
                                                     {"u1", torch::kByte, torch::kByte},
                                                     {"f2", torch::kHalf, torch::kHalf},
                                                     {"i1", torch::kChar, torch::kChar},
                                                     {"i2", torch::kShort, torch::kShort},
                                                     {"i4", torch::kInt, torch::kInt},
                                                     {"b1", torch::kByte, torch::kBool},
                                                     {"u2", torch::kShort, torch::kInt},
                                                     {"u4", torch::kInt, torch::kLong},
                                                     {"u8", torch::kLong, torch::kLong}}};
constexpr std::size_t kWrittenTypes = 4;  // write_npy takes only the first four of kElementTypes

struct OtherType {
  std::string_view beginning;  ///< after the byte order
  std::string_view meaning;
};
constexpr OtherType kOtherTypes[] = {{"f", "long double"},   {"c", "complex numbers"}, {"O", "Python objects"},
                                     {"S", "byte strings"},  {"U", "strings"},         {"M", "dates"},
                                     {"m", "spans of time"}, {"V", "raw bytes"},       {"[", "records"}};

/// Bytes of data, or nothing where the count (or a stride of an empty array) overflows.
std::optional<std::int64_t> byte_count(const std::vector<std::int64_t>& shape, std::int64_t element_bytes) {
  std::int64_t bytes = element_bytes;
  for (const std::int64_t extent : shape)
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(extent, 1), &bytes)) return std::nullopt;
  return std::ranges::find(shape, 0) == shape.end() ? bytes : 0;
}

std::string shape_text(torch::IntArrayRef shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += " ";
    text += std::to_string(shape[i]) + (shape.size() == 1 || i + 1 < shape.size() ? "," : "");
  }
  return text + ")";
}

/// One file being read.
class NpyReader {
 public:
  NpyReader(const std::filesystem::path& file, std::string_view bytes) : file_(file), bytes_(bytes) {}

  torch::Tensor read() const {
    if (!bytes_.starts_with(kMagic)) fail("expected a NumPy array (.npy), found " + describe_content(bytes_));
    const std::string_view text = header_text();
    const std::optional<NpyHeader> header = parse_npy_header(text);
    if (!header) fail("expected a header {'descr': ..., 'fortran_order': ..., 'shape': ..., } after the first bytes");
    const ElementType& element = element_type(header->descr);
    const auto data = bytes_.substr(static_cast<std::size_t>(text.end() - bytes_.begin()));
    const auto expected = byte_count(header->shape, static_cast<std::int64_t>(torch::elementSize(element.stored)));
    if (!expected || static_cast<std::uint64_t>(*expected) != data.size())
      fail("shape " + shape_text(header->shape) + " of '" + header->descr + "' takes " +
           (expected ? std::to_string(*expected) : "too many") + " bytes, found " + std::to_string(data.size()));
    return widened(stored(*header, element, data), element, header->descr);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw DataError(file_.string() + ": " + what); }

  std::string_view header_text() const {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(at < bytes_.size() ? bytes_[at] : 0); };
    const int version = byte(kVersionOffset);
    if (bytes_.size() > kVersionOffset && (version < 1 || version > 3))
      fail("expected format version 1, 2 or 3 of NumPy's arrays, found version " + std::to_string(version));
    const std::size_t prefix = kLengthOffset + (version == 1 ? 2 : 4);
    std::size_t length = 0;
    for (std::size_t at = prefix; at > kLengthOffset; --at) length = length * 256 + byte(at - 1);
    if (bytes_.size() < prefix || length > bytes_.size() - prefix)
      fail("truncated: expected a header of " + std::to_string(length) + " bytes, found " +
           std::to_string(bytes_.size() - std::min(bytes_.size(), prefix)));
    return bytes_.substr(prefix, length);
  }

  const ElementType& element_type(std::string_view descr) const {
    const std::string_view name = descr.substr(descr.find_first_of("<>=|") == 0 ? 1 : 0);
    const auto* const known = std::ranges::find(kElementTypes, name, &ElementType::name);
    if (known != kElementTypes.end()) return *known;
    const auto* const other =
        std::ranges::find_if(kOtherTypes, [&](const OtherType& one) { return name.starts_with(one.beginning); });
    fail("expected bool, integers, float16, float32 or float64, found '" + std::string(descr) + "'" +
         (other == std::end(kOtherTypes) ? "" : " (" + std::string(other->meaning) + ")") +
         "; numbers can be converted in Python: numpy.save(FILE, array.astype(\"float64\"))");
  }

  static torch::Tensor stored(const NpyHeader& header, const ElementType& element, std::string_view data) {
    std::vector<std::int64_t> shape = header.shape;
    if (header.fortran_order) std::ranges::reverse(shape);
    torch::Tensor tensor = torch::empty(shape, torch::TensorOptions().dtype(element.stored));
    if (data.empty()) return tensor.view(header.shape);
    auto* const bytes = static_cast<char*>(tensor.mutable_data_ptr());
    std::memcpy(bytes, data.data(), data.size());
    if (header.descr.starts_with('>')) {
      const std::size_t size = tensor.element_size();
      for (std::size_t i = 0; i < data.size(); i += size) std::reverse(bytes + i, bytes + i + size);
    }
    if (!header.fortran_order) return tensor;
    std::vector<std::int64_t> axes(shape.size());
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(axes.size() - 1 - i);
    return tensor.permute(axes).contiguous();
  }

  /// Converts to `element.type`. Unsigned numbers were read into signed numbers of the same size.
  torch::Tensor widened(const torch::Tensor& tensor, const ElementType& element, const std::string& descr) const {
    if (element.stored == element.type && element.name != "u8") return tensor;
    if (element.name == "u8" && tensor.numel() > 0) {
      const torch::Tensor rows = tensor.view({tensor.dim() == 0 ? 1 : tensor.size(0), -1}).lt(0).any(1).nonzero();
      if (rows.numel() > 0)
        fail("row " + std::to_string(rows[0].item<std::int64_t>()) +
             " (from 0): expected integers below 2^63, found one " + "of '" + descr + "' that is not");
    }
    const torch::Tensor wide = tensor.to(element.type);
    if (element.name == "u2") return wide.bitwise_and(0xFFFF);
    return element.name == "u4" ? wide.bitwise_and(0xFFFFFFFF) : wide;
  }

  std::filesystem::path file_;
  std::string_view bytes_;
};

}  // namespace

namespace {

/// Appends the bytes of the tensor's file.
void produce_npy(const torch::Tensor& tensor, const Append& append) {
  const auto written = std::span(kElementTypes).first(kWrittenTypes);
  const auto known = std::ranges::find(written, tensor.scalar_type(), &ElementType::type);
  if (known == written.end())
    throw std::invalid_argument(std::string("write_npy: expected float32, float64, int64 or uint8, found ") +
                                torch::toString(tensor.scalar_type()));
  std::string header = "{'descr': '" + std::string(tensor.element_size() == 1 ? "|" : "<") + std::string(known->name) +
                       "', 'fortran_order': False, 'shape': " + shape_text(tensor.sizes()) + ", }";
  header.append(63 - (kWrittenPrefix + header.size()) % 64, ' ');  // NumPy aligns the data to 64 bytes
  header += '\n';
  const torch::Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  append(kWrittenMagic);
  append(std::string{static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)});
  append(header);
  append({static_cast<const char*>(host.const_data_ptr()), host.nbytes()});
}

}  // namespace

void write_npy(const std::filesystem::path& file, const torch::Tensor& tensor) {
  write_file_atomically(file, [&](const Append& append) { produce_npy(tensor, append); });
}

std::string sha256_of_npy(const torch::Tensor& tensor) {
  Digest digest(Digest::Kind::sha256);
  produce_npy(tensor, [&](std::string_view bytes) { digest.update(bytes); });
  return digest.hex();
}

torch::Tensor read_npy(const std::filesystem::path& file) {
  try {
    return NpyReader(file, read_file(file)).read();
  } catch (const IoError& cause) {
    throw DataError(cause.what());
  }
}

}  // namespace cebm
