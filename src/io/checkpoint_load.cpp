#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/safetensors.h>
#include <cebm/text.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "base/json_text.h"
#include "io/checkpoint_files.h"
#include "io/dealt_rows.h"
#include "io/describe_content.h"

namespace cebm {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uintmax_t kMaxTextBytes = std::uintmax_t{1} << 28;  // of a JSON or YAML file

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw CheckpointError(file.string() + ": " + what);
}

void require_file(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(file, error);
  if (fs::is_symlink(status)) fail(file, "expected a file of the checkpoint, found a symbolic link");
  if (!fs::is_regular_file(status)) fail(file, "missing from the checkpoint");
}

json read_json(const fs::path& file) {
  require_file(file);
  try {
    return parse_json(read_file(file, kMaxTextBytes));
  } catch (const json::exception& cause) {
    fail(file, "damaged: expected JSON, found " + describe_file(file) + " (" + cause.what() + ")");
  }
}

/// Returns the value of `key`. Throws CheckpointError if it is missing or `is` rejects its type.
const json& member(const fs::path& file, const json& object, const std::string& key, bool (json::*is)() const) {
  if (!object.is_object() || !object.contains(key) || !(object[key].*is)())
    fail(file, "damaged: '" + key + "' is missing or of the wrong type");
  return object[key];
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
}

void verify_file(const fs::path& file, const fs::path& manifest, const json& entry) {
  require_file(file);
  const auto bytes = member(manifest, entry, "bytes", &json::is_number_unsigned).get<std::uintmax_t>();
  const auto digest = member(manifest, entry, "sha256", &json::is_string).get<std::string>();
  const std::uintmax_t found = fs::file_size(file);
  if (found != bytes)
    fail(file, "damaged: expected " + std::to_string(bytes) + " bytes, found " + std::to_string(found) + ": " +
                   describe_file(file));
  if (const std::string actual = sha256_of_file(file); actual != digest)
    fail(file, "damaged: expected SHA-256 " + digest + ", found " + actual);
}

/// Verifies every file the manifest lists and returns their names.
std::set<std::string> verify(const fs::path& folder) {
  const fs::path manifest = folder / checkpoint_files::kManifest;
  const json content = read_json(manifest);
  if (member(manifest, content, "format", &json::is_string) != checkpoint_files::kFormatName)
    fail(manifest,
         "expected format '" + std::string(checkpoint_files::kFormatName) + "', found " + dump_json(content["format"]));
  if (const json& version = member(manifest, content, "version", &json::is_number_integer);
      version != checkpoint_files::kFormatVersion)
    fail(manifest, "expected checkpoint format version " + std::to_string(checkpoint_files::kFormatVersion) +
                       ", found version " + dump_json(version));
  std::set<std::string> names;
  for (const auto& [name, entry] : member(manifest, content, "files", &json::is_object).items()) {
    if (!is_plain_name(name)) fail(manifest, "'" + name + "' is not a plain file name");
    verify_file(folder / name, manifest, entry);
    names.insert(name);
  }
  return names;
}

/// Reassembles the tensors of a part that were distributed over the ranks. `file` returns the path of a file that the
/// manifest lists.
TensorMap read_dealt(const fs::path& state_file, const std::string& part, std::uint64_t ranks,
                     const std::function<fs::path(const std::string&)>& file) {
  std::vector<TensorMap> of_ranks;
  for (std::uint64_t r = 0; r < ranks; ++r)
    of_ranks.push_back(load_safetensors(file(checkpoint_files::dealt_file(part, r))));
  if (of_ranks.empty()) fail(state_file, "damaged: 'ranks' is 0");
  try {
    return put_together(of_ranks);
  } catch (const std::invalid_argument& cause) {
    fail(state_file, "the files of part '" + part + "' do not fit together: " + cause.what());
  }
}

Checkpoint read(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) fail(folder, "no such checkpoint folder");
  const std::set<std::string> verified = verify(folder);
  const auto file = [&](const std::string& name) {
    if (!verified.contains(name)) fail(folder / checkpoint_files::kManifest, "'" + name + "' is not listed");
    return folder / name;
  };

  const fs::path state_file = file(std::string(checkpoint_files::kState));
  const json state = read_json(state_file);
  Checkpoint checkpoint;
  checkpoint.step = member(state_file, state, "step", &json::is_number_unsigned).get<std::uint64_t>();
  if (const auto named = checkpoint_files::step_of(folder); named && *named != checkpoint.step)
    fail(state_file, "expected step " + std::to_string(*named) + ", as the folder is named, found step " +
                         std::to_string(checkpoint.step));
  checkpoint.config = read_file(file(std::string(checkpoint_files::kConfig)), kMaxTextBytes);
  for (const auto& [name, values] : member(state_file, state, "parts", &json::is_object).items())
    checkpoint.parts[name] = {load_safetensors(file(checkpoint_files::tensor_file(name))), values};
  if (!state.contains("ranks")) return checkpoint;
  checkpoint.ranks = member(state_file, state, "ranks", &json::is_number_unsigned).get<std::uint64_t>();
  for (const json& part : member(state_file, state, "dealt", &json::is_array)) {
    if (!part.is_string() || !checkpoint.parts.contains(part)) fail(state_file, "damaged: 'dealt' names no part");
    TensorMap whole = read_dealt(state_file, part, checkpoint.ranks, file);
    checkpoint.parts[part].tensors.merge(whole);
  }
  return checkpoint;
}

}  // namespace

Checkpoint load_checkpoint(const fs::path& folder) {
  try {
    return read(folder);
  } catch (const fs::filesystem_error& cause) {
    throw IoError(folder.string() + ": cannot be read: " + cause.code().message());
  }
}

std::optional<Checkpoint> load_newest_checkpoint(const fs::path& directory, std::vector<SkippedCheckpoint>& skipped) {
  std::vector<fs::path> folders = list_checkpoints(directory);
  std::ranges::reverse(folders);
  for (const fs::path& folder : folders) {
    try {
      return load_checkpoint(folder);
    } catch (const CheckpointError& cause) {
      skipped.push_back({folder, cause.what()});
    }
  }
  return std::nullopt;
}

}  // namespace cebm
