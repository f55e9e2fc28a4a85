#include <cebm/checkpoint.h>
#include <cebm/errors.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/descriptor.h"
#include "base/durable/new_folder.h"
#include "base/durable/unfinished.h"
#include "io/checkpoint_files.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kPrefix = "step_";
}  // namespace

namespace checkpoint_files {

std::string tensor_file(const std::string& part) { return part + ".safetensors"; }

std::string dealt_file(const std::string& part, std::uint64_t rank) {
  return tensor_file(part + ".rank_" + std::to_string(rank));
}

std::optional<std::uint64_t> step_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t step = 0;
  const auto [end, error] = std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return step;
}

}  // namespace checkpoint_files

const State& Checkpoint::part(const std::string& name) const {
  const auto found = parts.find(name);
  if (found == parts.end())
    throw CheckpointError("the checkpoint of step " + std::to_string(step) + " has no part '" + name + "'");
  return found->second;
}

std::string checkpoint_name(std::uint64_t step) {
  const std::string digits = std::to_string(step);
  return std::string(kPrefix) + std::string(9 - std::min<std::size_t>(digits.size(), 9), '0') + digits;
}

std::vector<fs::path> list_checkpoints(const fs::path& directory) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    if (std::error_code unreadable; entry->is_directory(unreadable) && checkpoint_files::step_of(entry->path()))
      folders.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw IoError(directory.string() + ": cannot be listed: " + error.message());
  std::ranges::sort(folders, {}, [](const fs::path& folder) { return checkpoint_files::step_of(folder); });
  return folders;
}

std::vector<std::uint64_t> checkpoint_steps(const fs::path& directory) {
  std::vector<std::uint64_t> steps;
  for (const fs::path& folder : list_checkpoints(directory)) steps.push_back(*checkpoint_files::step_of(folder));
  return steps;
}

void remove_checkpoints_after(const fs::path& directory, std::uint64_t step) {
  for (const fs::path& folder : list_checkpoints(directory))
    if (*checkpoint_files::step_of(folder) > step) remove_folder(folder, checkpoint_files::kManifest);
}

void set_aside(const fs::path& folder) {
  const fs::path aside = fs::path(folder).concat(".damaged");
  std::error_code error;
  fs::remove_all(aside, error);
  if (error) throw IoError(aside.string() + ": cannot be removed: " + error.message());
  rename_folder(folder, aside, checkpoint_files::kManifest);
}

std::optional<std::string> mark_latest(const fs::path& folder) {
  const fs::path link = folder_of(folder) / "latest";
  std::error_code error;
  if (fs::is_directory(fs::symlink_status(link, error)))
    return link.string() + ": is a folder instead of a link to the newest checkpoint, and is left as it is";
  const fs::path fresh = unfinished_name(link);
  fs::remove_all(fresh, error);
  fs::create_directory_symlink(folder.filename(), fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (!error) return std::nullopt;
  const std::string reason = error.message();
  fs::remove(fresh, error);
  return link.string() + ": the link to the newest checkpoint cannot be made: " + reason;
}

}  // namespace cebm
