#include <cebm/errors.h>
#include <cebm/safetensors.h>
#include <cebm/text.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <vector>

#include "base/descriptor.h"
#include "io/describe_content.h"
#include "io/safetensors_types.h"

namespace cebm {

namespace {

using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::size_t kMaxTensorDimensions = 64;
constexpr int kMaxDepth = 3;  // header, tensor, list of numbers

struct StoredTensor {
  std::string name;
  torch::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;
  std::uint64_t end;
};

/// One file being read, with its name for messages and its size.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      throw CheckpointError(file.string() + ": expected a file of weights, found a directory, a pipe or a device");
    }
    input_.open(file, std::ios::binary | std::ios::ate);
    if (!input_ && errno != ENOENT) throw_io_error(file, "cannot be opened", errno);
    if (!input_) throw CheckpointError(file.string() + ": cannot be opened: " + std::generic_category().message(errno));
    const std::streamoff size = input_.tellg();
    if (size < 0) fail(0, "not a file that can be read");
    size_ = static_cast<std::uint64_t>(size);
  }

  TensorMap load() {
    if (size_ < kLengthBytes) fail_header(size_, "truncated: expected at least 8 bytes for the header's length");
    std::uint64_t header_bytes = 0;
    read(0, &header_bytes, sizeof header_bytes);
    if (header_bytes > safetensors::kMaxHeaderBytes)
      fail_header(0, "header of " + std::to_string(header_bytes) + " bytes, expected at most " +
                         std::to_string(safetensors::kMaxHeaderBytes));
    if (header_bytes > size_ - kLengthBytes)
      fail_header(0, "truncated: header of " + std::to_string(header_bytes) + " bytes, " +
                         std::to_string(size_ - kLengthBytes) + " are left in the file");
    std::string header(header_bytes, '\0');
    read(kLengthBytes, header.data(), header_bytes);
    data_start_ = kLengthBytes + header_bytes;

    TensorMap tensors;
    for (const StoredTensor& entry : entries(parse(header))) tensors.emplace(entry.name, tensor(entry));
    return tensors;
  }

 private:
  [[noreturn]] void fail(std::uint64_t offset, const std::string& what) const {
    throw CheckpointError(file_.string() + ": at byte " + std::to_string(offset) + ": " + what);
  }

  /// As fail(), but if the file is recognised as another format, the message names that instead.
  [[noreturn]] void fail_header(std::uint64_t offset, const std::string& what) const {
    const std::string found = describe_file(file_);
    if (found == kUnknownContent || found == kSafetensorsContent) fail(offset, what);
    fail(0, "expected safetensors weights, found " + found);
  }

  void read(std::uint64_t offset, void* target, std::uint64_t count) {
    input_.seekg(static_cast<std::streamoff>(offset));
    if (!input_.read(static_cast<char*>(target), static_cast<std::streamsize>(count)))
      fail(offset, std::to_string(count) + " bytes cannot be read");
  }

  json parse(const std::string& text) const {
    std::set<std::string> names;
    const auto check = [&](int depth, json::parse_event_t event, json& value) {
      if (depth > kMaxDepth) fail(kLengthBytes, "the header is nested too deeply");
      if (depth == 1 && event == json::parse_event_t::key && !names.insert(value.get<std::string>()).second)
        fail(kLengthBytes, "the header names tensor '" + value.get<std::string>() + "' twice");
      return true;
    };
    try {
      json header = json::parse(text, check);
      if (!header.is_object()) fail_header(kLengthBytes, "the header is not a JSON object");
      return header;
    } catch (const json::exception& cause) {
      fail_header(kLengthBytes, std::string("the header is not JSON (") + cause.what() + ")");
    }
  }

  /// Checked entries in the order of their data, which must fill the rest of the file exactly.
  std::vector<StoredTensor> entries(const json& header) const {
    std::vector<StoredTensor> result;
    for (const auto& [name, description] : header.items())
      if (name != safetensors::kMetadataKey) result.push_back(entry(name, description));
    std::ranges::sort(result, {}, [](const StoredTensor& e) { return std::pair(e.begin, e.end); });
    std::uint64_t expected = 0;
    for (const StoredTensor& e : result) {
      if (e.begin != expected)
        fail(data_start_ + e.begin, "tensor '" + e.name + "' " + (e.begin < expected ? "overlaps" : "leaves a gap to") +
                                        " the one before it, which ends at byte " +
                                        std::to_string(data_start_ + expected));
      expected = e.end;
    }
    if (data_start_ + expected != size_)
      fail(data_start_ + expected,
           "the tensors end here, but the file has " + std::to_string(size_ - data_start_ - expected) + " more bytes");
    return result;
  }

  StoredTensor entry(const std::string& name, const json& description) const {
    const std::string tensor = "tensor '" + name + "': ";
    const auto is_natural = [](const json& value) { return value.is_number_unsigned(); };
    const auto list = [&](const char* key) -> const json& {
      if (!description.is_object() || !description.contains(key) || !description[key].is_array() ||
          !std::ranges::all_of(description[key], is_natural))
        fail(kLengthBytes, tensor + "'" + key + "' is not a list of non-negative integers");
      return description[key];
    };
    const json& shape = list("shape");
    const json& offsets = list("data_offsets");
    if (offsets.size() != 2) fail(kLengthBytes, tensor + "'data_offsets' needs two numbers");
    const std::string type = description.contains("dtype") && description["dtype"].is_string()
                                 ? description["dtype"].get<std::string>()
                                 : dump_json(description.value("dtype", json()));
    const auto known = std::ranges::find(safetensors::kElementTypes, type, &safetensors::ElementType::name);
    if (known == safetensors::kElementTypes.end()) fail(kLengthBytes, tensor + "unknown type " + type);

    const auto begin = offsets[0].get<std::uint64_t>();
    const auto end = offsets[1].get<std::uint64_t>();
    if (begin > end || end > size_ - data_start_)
      fail(kLengthBytes, tensor + "data from " + std::to_string(begin) + " to " + std::to_string(end) +
                             " lie outside the file's " + std::to_string(size_ - data_start_) + " bytes of data");
    const std::uint64_t expected = byte_count(tensor, shape, torch::elementSize(known->type));
    if (end - begin != expected)
      fail(data_start_ + begin, tensor + "shape " + dump_json(shape) + " of " + type + " takes " +
                                    std::to_string(expected) + " bytes, its data have " + std::to_string(end - begin));
    return {name, known->type, shape.get<std::vector<std::int64_t>>(), begin, end};
  }

  /// Refuses shapes whose strides overflow, also where a zero extent makes the tensor empty.
  std::uint64_t byte_count(const std::string& tensor, const json& shape, std::size_t element_bytes) const {
    if (shape.size() > kMaxTensorDimensions) fail(kLengthBytes, tensor + std::to_string(shape.size()) + " dimensions");
    std::uint64_t bytes = element_bytes;
    bool empty = false;
    for (const json& extent : shape) {
      const auto length = std::max<std::uint64_t>(extent.get<std::uint64_t>(), 1);
      empty = empty || extent == 0;
      if (length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / bytes)
        fail(kLengthBytes, tensor + "shape " + dump_json(shape) + " is too large");
      bytes *= length;
    }
    return empty ? 0 : bytes;
  }

  torch::Tensor tensor(const StoredTensor& entry) {
    torch::Tensor result = torch::empty(entry.shape, torch::TensorOptions().dtype(entry.type));
    if (entry.begin == entry.end) return result;
    read(data_start_ + entry.begin, result.mutable_data_ptr(), entry.end - entry.begin);
    if (entry.type == torch::kBool && result.view(torch::kByte).max().item<std::uint8_t>() > 1)
      fail(data_start_ + entry.begin, "tensor '" + entry.name + "': a BOOL is neither 0 nor 1");
    return result;
  }

  std::filesystem::path file_;
  std::ifstream input_;
  std::uint64_t size_ = 0;
  std::uint64_t data_start_ = 0;
};

}  // namespace

TensorMap load_safetensors(const std::filesystem::path& file) { return Reader(file).load(); }

}  // namespace cebm
