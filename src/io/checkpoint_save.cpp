#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/safetensors.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "base/durable/new_folder.h"
#include "base/durable/unfinished.h"
#include "io/checkpoint_files.h"

namespace cebm {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t kSpareBytes = 1 << 20;  ///< headers, JSON and the file system's own needs

void require_file_name(const std::string& part) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  if (part.empty() || !std::ranges::all_of(part, allowed))
    throw std::invalid_argument("checkpoint part '" + part + "': expected a name of letters, digits, '_' and '-'");
}

void require_space(const fs::path& directory, const Checkpoint& checkpoint) {
  std::uint64_t needed = kSpareBytes + checkpoint.config.size();
  for (const auto& [name, state] : checkpoint.parts)
    for (const auto& [tensor_name, tensor] : state.tensors) needed += tensor.defined() ? tensor.nbytes() : 0;
  for (const auto& [name, state] : checkpoint.parts)
    for (const auto& [tensor_name, tensor] : state.dealt) needed += checkpoint.ranks * tensor.nbytes();
  std::error_code error;
  const fs::space_info space = fs::space(directory, error);
  const bool known = !error && space.capacity > 0;  // some file systems report a capacity of 0
  if (known && space.available < needed)
    throw IoError(directory.string() + ": a checkpoint of " + std::to_string(needed >> 20) + " MiB does not fit, " +
                  std::to_string(space.available >> 20) + " MiB are free");
}

std::string state_text(const Checkpoint& checkpoint) {
  json parts = json::object();
  for (const auto& [name, state] : checkpoint.parts) {
    const std::string text = state.values.dump();
    // JSON has no NaN or infinity: they would come back as null.
    if (json::parse(text) != state.values)
      throw IoError("checkpoint part '" + name + "': its values hold a number that is not finite");
    parts[name] = state.values;
  }
  json state{{"step", checkpoint.step}, {"parts", parts}};
  if (checkpoint.ranks > 1) {
    state["ranks"] = checkpoint.ranks;
    state["dealt"] = json::array();
    for (const auto& [name, part] : checkpoint.parts)
      if (!part.dealt.empty()) state["dealt"].push_back(name);
  }
  return state.dump(2) + "\n";
}

std::string manifest_text(const fs::path& folder) {
  json files = json::object();
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    files[entry.path().filename().string()] = {{"bytes", entry.file_size()}, {"sha256", sha256_of_file(entry.path())}};
  return json{
             {"format", checkpoint_files::kFormatName}, {"version", checkpoint_files::kFormatVersion}, {"files", files}}
             .dump(2) +
         "\n";
}

/// Calls `write` and rethrows errors of the file system or of JSON as IoError.
template <class Write>
void write_into(const fs::path& target, const Write& write) {
  try {
    write();
  } catch (const fs::filesystem_error& cause) {
    throw IoError(target.string() + ": cannot be written: " + cause.code().message());
  } catch (const json::exception& cause) {
    throw IoError(target.string() + ": its values are not JSON: " + cause.what());
  }
}

void make_room(const fs::path& directory, const Checkpoint& checkpoint) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw IoError(directory.string() + ": the folder cannot be made: " + error.message());
  clean_up(directory, Leftovers::of_ended_processes);
  require_space(directory, checkpoint);
}

void write_dealt(const fs::path& folder, const Checkpoint& checkpoint, int rank) {
  for (const auto& [name, state] : checkpoint.parts)
    if (!state.dealt.empty())
      save_safetensors(folder / checkpoint_files::dealt_file(name, static_cast<std::uint64_t>(rank)), state.dealt);
}

void write_shared(const fs::path& folder, const Checkpoint& checkpoint) {
  for (const auto& [name, state] : checkpoint.parts)
    save_safetensors(folder / checkpoint_files::tensor_file(name), state.tensors);
  write_file_atomically(folder / checkpoint_files::kState, state_text(checkpoint));
  write_file_atomically(folder / checkpoint_files::kConfig, checkpoint.config);
}

void seal(NewFolder& scratch) {
  write_file_atomically(scratch.path() / checkpoint_files::kManifest, manifest_text(scratch.path()));
  scratch.publish();
}

/// Calls `write`. If it throws IoError on any rank, throws that error on all ranks.
void all_write(Ranks& ranks, const std::function<void()>& write) {
  std::string failure;
  try {
    write();
  } catch (const IoError& cause) {
    failure = cause.what();
  }
  for (const std::string& text : ranks.texts(failure))
    if (!text.empty()) throw IoError(text);
}

}  // namespace

fs::path save_checkpoint(const fs::path& directory, const Checkpoint& checkpoint) {
  return save_checkpoint(directory, checkpoint, *single_rank());
}

fs::path save_checkpoint(const fs::path& directory, const Checkpoint& given, Ranks& ranks) {
  Checkpoint checkpoint = given;
  checkpoint.ranks = static_cast<std::uint64_t>(ranks.size());
  for (const auto& [name, state] : checkpoint.parts) require_file_name(name);
  const fs::path target = directory / checkpoint_name(checkpoint.step);
  std::optional<NewFolder> scratch;  // on rank 0 only; removed if anything fails
  all_write(ranks, [&] {
    if (!ranks.leads()) return;
    make_room(directory, checkpoint);
    scratch.emplace(target, checkpoint_files::kManifest);
    write_into(target, [&] { write_shared(scratch->path(), checkpoint); });
  });
  const fs::path folder = ranks.texts(scratch ? scratch->path().string() : "").front();
  all_write(ranks, [&] { write_into(target, [&] { write_dealt(folder, checkpoint, ranks.rank()); }); });
  all_write(ranks, [&] {
    if (scratch) write_into(target, [&] { seal(*scratch); });
  });
  return target;
}

}  // namespace cebm
