#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace cebm {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "\x93NUMPY\x01\x00"sv;  // with version 1.0
constexpr std::size_t kPrefixBytes = 10;                    // magic, version, header length
constexpr std::size_t kMaxDimensions = 64;

struct ElementType {
  std::string_view descr;
  torch::ScalarType type;
};
constexpr std::array<ElementType, 4> kElementTypes{
    {{"<f4", torch::kFloat}, {"<f8", torch::kDouble}, {"<i8", torch::kLong}, {"|u1", torch::kByte}}};

/// Reads the Python dictionary literal of the header as NumPy writes it.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::optional<std::string_view> until(char end) {
    const std::size_t length = rest_.find(end);
    if (length == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return text;
  }
  std::optional<std::int64_t> natural() {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  bool only_padding_left() const { return rest_.find_first_not_of(" \n") == std::string_view::npos; }

 private:
  std::string_view rest_;
};

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

std::optional<Header> parse(std::string_view text) {
  HeaderParser parser(text);
  Header header;
  if (!parser.take("{'descr': '")) return std::nullopt;
  const auto descr = parser.until('\'');
  if (!descr || !parser.take("', 'fortran_order': ")) return std::nullopt;
  header.descr = *descr;
  header.fortran_order = parser.take("True");
  if (!header.fortran_order && !parser.take("False")) return std::nullopt;
  if (!parser.take(", 'shape': (")) return std::nullopt;
  while (!parser.take(")")) {
    const auto extent = parser.natural();
    if (!extent || header.shape.size() == kMaxDimensions) return std::nullopt;
    header.shape.push_back(*extent);
    if (parser.take(")")) break;
    if (!parser.take(",")) return std::nullopt;
    parser.take(" ");
  }
  if (!parser.take(", }") || !parser.only_padding_left()) return std::nullopt;
  return header;
}

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

}  // namespace

void write_npy(const std::filesystem::path& file, const torch::Tensor& tensor) {
  const auto known = std::ranges::find(kElementTypes, tensor.scalar_type(), &ElementType::type);
  if (known == kElementTypes.end())
    throw std::invalid_argument(std::string("write_npy: expected float32, float64, int64 or uint8, found ") +
                                torch::toString(tensor.scalar_type()));
  std::string header = "{'descr': '" + std::string(known->descr) +
                       "', 'fortran_order': False, 'shape': " + shape_text(tensor.sizes()) + ", }";
  header.append(63 - (kPrefixBytes + header.size()) % 64, ' ');  // NumPy aligns the data to 64 bytes
  header += '\n';
  const torch::Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  write_file_atomically(file, [&](const Append& append) {
    append(kMagic);
    append(std::string{static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)});
    append(header);
    append({static_cast<const char*>(host.const_data_ptr()), host.nbytes()});
  });
}

torch::Tensor read_npy(const std::filesystem::path& file) {
  std::string content;
  try {
    content = read_file(file);
  } catch (const IoError& cause) {
    throw DataError(cause.what());
  }
  const auto fail = [&](const std::string& what) { throw DataError(file.string() + ": " + what); };
  const std::string_view bytes = content;
  if (!bytes.starts_with(kMagic) || bytes.size() < kPrefixBytes)
    fail("expected a NumPy array of format version 1.0, found other first bytes");
  const std::size_t header_bytes =
      static_cast<unsigned char>(bytes[8]) + std::size_t{256} * static_cast<unsigned char>(bytes[9]);
  if (header_bytes > bytes.size() - kPrefixBytes)
    fail("truncated: expected a header of " + std::to_string(header_bytes) + " bytes, found " +
         std::to_string(bytes.size() - kPrefixBytes));
  const std::optional<Header> header = parse(bytes.substr(kPrefixBytes, header_bytes));
  if (!header) fail("at byte 10: expected a header {'descr': ..., 'fortran_order': ..., 'shape': ..., }");
  if (header->fortran_order) fail("at byte 10: expected C order, found Fortran order");
  const auto known = std::ranges::find(kElementTypes, header->descr, &ElementType::descr);
  if (known == kElementTypes.end())
    fail("at byte 10: expected type <f4, <f8, <i8 or |u1, found '" + header->descr + "'");

  const auto expected = byte_count(header->shape, static_cast<std::int64_t>(torch::elementSize(known->type)));
  const std::string_view data = bytes.substr(kPrefixBytes + header_bytes);
  if (!expected || static_cast<std::uint64_t>(*expected) != data.size())
    fail("shape " + shape_text(header->shape) + " of '" + header->descr + "' takes " +
         (expected ? std::to_string(*expected) : "too many") + " bytes, found " + std::to_string(data.size()));
  torch::Tensor tensor = torch::empty(header->shape, torch::TensorOptions().dtype(known->type));
  if (!data.empty()) std::memcpy(tensor.mutable_data_ptr(), data.data(), data.size());
  return tensor;
}

}  // namespace cebm
