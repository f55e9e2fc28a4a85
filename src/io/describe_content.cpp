#include "io/describe_content.h"

#include <cebm/text.h>

#include <algorithm>
#include <cctype>
#include <fstream>

namespace cebm {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kTorch =
    "weights in PyTorch's own format (.pt, .pth); to convert them, in Python: safetensors.torch.save_file("
    "torch.load(FILE, weights_only=True), \"weights.safetensors\")";

constexpr std::size_t kFewZeros = 16;  // any format may begin with fewer zeros than this

struct Signature {
  std::string_view bytes;
  std::string_view meaning;
  std::size_t offset = 0;
};

constexpr Signature kSignatures[] = {
    {"{\"", kSafetensorsContent, 8},  // first: its length field may look like any other signature
    {"version https://git-lfs", "a Git LFS pointer (git lfs pull fetches the file that it stands for)"},
    {"\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", kTorch},
    {"\x80\x02", "a Python pickle"},
    {"\x80\x03", "a Python pickle"},
    {"\x80\x04", "a Python pickle"},
    {"\x80\x05", "a Python pickle"},
    {"\x89HDF\r\n\x1A\n", "an HDF5 file (.h5, or .mat of MATLAB 7.3)"},
    {"GGUF", "a GGUF model"},
    {"TFL3", "a TensorFlow Lite model", 4},
    {"\x93NUMPY", "a NumPy array (.npy)"},
    {"MATLAB 5.0", "a MATLAB 5 file (.mat)"},
    {"\0\0\x08\x01"sv, "labels in IDX format"},
    {"\0\0\x08\x03"sv, "images in IDX format"},
    {"\x89PNG\r\n", "a PNG picture"},
    {"\xFF\xD8\xFF", "a JPEG picture"},
    {"GIF8", "a GIF picture"},
    {"WEBP", "a WebP picture", 8},
    {"ftypavif", "an AVIF picture", 4},
    {"ftyphei", "a HEIC picture", 4},
    {"II*\0"sv, "a TIFF picture"},
    {"MM\0*"sv, "a TIFF picture"},
    {"8BPS", "a Photoshop picture"},
    {"\0\0\1\0"sv, "an icon (.ico)"},
    {"\x1F\x8B", "gzip data"},
    {"BZh", "bzip2 data"},
    {"\xFD\x37zXZ", "xz data"},
    {"\x28\xB5\x2F\xFD", "zstd data"},
    {"7z\xBC\xAF", "a 7z archive"},
    {"Rar!", "a RAR archive"},
    {"ustar", "a tar archive", 257},
    {"PAR1", "a Parquet table"},
    {"SQLite format 3", "an SQLite database"},
    {"%PDF", "a PDF document"},
    {"\x7F"
     "ELF",
     "a program"},
};

bool starts_at(std::string_view bytes, std::size_t offset, std::string_view with) {
  return bytes.size() > offset && bytes.substr(offset).starts_with(with);
}

/// Checks the first fields, in their common order: a version of the format, then the producer's name or the graph.
bool is_onnx(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == 8 && bytes[1] > 0 && bytes[1] < 32 && (bytes[2] == 0x12 || bytes[2] == 0x3A);
}

/// Describes a ZIP archive by the name of its first entry, from the local file header.
std::string_view describe_zip(std::string_view bytes) {
  constexpr std::size_t kNameLength = 26;
  constexpr std::size_t kName = 30;
  if (bytes.size() < kName) return "a ZIP archive";
  const std::size_t length =
      static_cast<unsigned char>(bytes[kNameLength]) + 256U * static_cast<unsigned char>(bytes[kNameLength + 1]);
  const std::string_view name = bytes.substr(kName, length);
  if (name.ends_with(".npy"))
    return "a ZIP archive of NumPy arrays (.npz); to take one out, in Python: "
           "numpy.save(\"one.npy\", numpy.load(FILE)[NAME])";
  for (const std::string_view part : {"/data.pkl", "/byteorder", "/version", "/.format_version"}) {
    if (name.find(part) != std::string_view::npos) return kTorch;
  }
  return "a ZIP archive";
}

bool is_text(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\n' || c == '\r' || c == '\t';
  });
}

std::string describe_text(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.empty()) return "blank text";
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.starts_with("<!doctype html") || lower.find("<html") != std::string::npos)
    return "an HTML page, as a server sends it in a file's place";
  if (lower.starts_with("<")) return "an XML document, as a server sends it in a file's place";
  const bool json = text.starts_with('{') || text.starts_with('[');
  constexpr std::size_t kShown = 40;
  std::size_t end = std::min({text.find_first_of("\r\n"), text.size(), kShown});
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // within UTF-8
  return std::string(json ? "JSON text" : "text") + " that begins with '" + readable(text.substr(0, end)) + "'";
}

}  // namespace

std::string describe_content(std::string_view beginning) {
  const std::string_view bytes = beginning.substr(0, kDescribedBytes);
  if (bytes.empty()) return "an empty file";
  for (const auto& [signature, meaning, offset] : kSignatures) {
    if (starts_at(bytes, offset, signature)) return std::string(meaning);
  }
  if (bytes.starts_with("PK\3\4")) return std::string(describe_zip(bytes));
  if (is_onnx(bytes)) return "an ONNX model";
  if (bytes.size() >= kFewZeros && std::ranges::all_of(bytes, [](char c) { return c == '\0'; }))
    return "zeros only, as an interrupted copy leaves";
  return is_text(bytes) ? describe_text(bytes) : std::string(kUnknownContent);
}

std::string describe_file(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string beginning(kDescribedBytes, '\0');
  input.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  if (!input && !input.eof()) return std::string(kUnknownContent);
  return describe_content(std::string_view(beginning).substr(0, static_cast<std::size_t>(input.gcount())));
}

}  // namespace cebm
