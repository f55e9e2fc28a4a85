#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/safetensors.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "io/safetensors_types.h"

namespace cebm {

namespace {

struct Entry {
  std::string name;
  torch::Tensor tensor;
  std::size_t type;  ///< index into safetensors::kElementTypes
};

std::size_t element_type(const std::filesystem::path& file, const std::string& name, const torch::Tensor& tensor) {
  if (!tensor.defined()) throw IoError(file.string() + ": tensor '" + name + "' is undefined");
  const auto found =
      std::ranges::find(safetensors::kElementTypes, tensor.scalar_type(), &safetensors::ElementType::type);
  if (found == safetensors::kElementTypes.end() || tensor.layout() != torch::kStrided)
    throw IoError(file.string() + ": tensor '" + name + "' of type " + std::string(torch::toString(tensor.dtype())) +
                  " cannot be stored");
  return static_cast<std::size_t>(found - safetensors::kElementTypes.begin());
}

std::vector<Entry> in_file_order(const std::filesystem::path& file, const TensorMap& tensors) {
  std::vector<Entry> entries;
  for (const auto& [name, tensor] : tensors) {
    if (name == safetensors::kMetadataKey)
      throw IoError(file.string() + ": a tensor cannot have the reserved name '" + name + "'");
    entries.push_back({name, tensor, element_type(file, name, tensor)});
  }
  std::ranges::stable_sort(entries, std::greater<>(), &Entry::type);
  return entries;
}

std::string header_text(const std::filesystem::path& file, const std::vector<Entry>& entries,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(safetensors::kMetadataKey)] = metadata;
  std::size_t offset = 0;
  for (const Entry& entry : entries) {
    const std::size_t end = offset + entry.tensor.nbytes();
    header[entry.name] = {{"dtype", safetensors::kElementTypes[entry.type].name},
                          {"shape", entry.tensor.sizes().vec()},
                          {"data_offsets", {offset, end}}};
    offset = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // the tensors start aligned
    return text;
  } catch (const nlohmann::json::exception& cause) {
    throw IoError(file.string() + ": a tensor name or metadata entry is not UTF-8 (" + cause.what() + ")");
  }
}

}  // namespace

void save_safetensors(const std::filesystem::path& file, const TensorMap& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const std::vector<Entry> entries = in_file_order(file, tensors);
  const std::string header = header_text(file, entries, metadata);
  if (header.size() > safetensors::kMaxHeaderBytes)
    throw IoError(file.string() + ": header of " + std::to_string(header.size()) + " bytes, at most " +
                  std::to_string(safetensors::kMaxHeaderBytes) + " are allowed");
  write_file_atomically(file, [&](const Append& append) {
    const std::uint64_t length = header.size();
    std::string prefix(sizeof length, '\0');
    std::memcpy(prefix.data(), &length, sizeof length);
    append(prefix);
    append(header);
    for (const Entry& entry : entries) {
      const torch::Tensor host = entry.tensor.detach().to(torch::kCPU).contiguous();
      append({static_cast<const char*>(host.const_data_ptr()), host.nbytes()});
    }
  });
}

}  // namespace cebm
