#include "base/scratch_folder.h"

#include <cebm/errors.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/descriptor.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kUnfinished = ".tmp-";
constexpr std::string_view kReplaced = ".old-";

fs::path hidden(const fs::path& target, std::string_view kind) {
  return target.parent_path() /
         (std::string(".") + target.filename().string() + std::string(kind) + std::to_string(::getpid()));
}

struct HiddenName {
  std::string target;
  pid_t owner;
};

/// The parts of .<target><kind><pid>, or nothing for any other name.
std::optional<HiddenName> parse(const std::string& name, std::string_view kind) {
  const std::size_t at = name.rfind(kind);
  if (!name.starts_with('.') || at == std::string::npos) return std::nullopt;
  pid_t owner = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + at + kind.size(), end, owner);
  if (error != std::errc() || stop != end || owner <= 0) return std::nullopt;
  return HiddenName{name.substr(1, at - 1), owner};
}

/// Whether the file system refuses to rename folders, which does not mean that files in them cannot be renamed or
/// removed.
bool cannot_rename(const std::error_code& error) {
  return is_unsupported(error.value()) || error == std::errc::cross_device_link ||
         error == std::errc::operation_not_permitted || error == std::errc::too_many_files_open;
}

std::vector<fs::directory_entry> entries_of(const fs::path& folder, std::error_code& error) {
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(*entry);
  return entries;
}

/// Moves all that is in `from` into `to`, the file `seal` of the folder itself last.
void move_content(const fs::path& from, const fs::path& to, std::string_view seal, std::error_code& error) {
  fs::create_directory(to, error);
  if (error) return;
  std::vector<fs::directory_entry> entries = entries_of(from, error);
  std::ranges::stable_partition(entries, [&](const auto& entry) { return entry.path().filename() != seal; });
  for (const fs::directory_entry& entry : entries) {
    if (error) return;
    const fs::path target = to / entry.path().filename();
    if (std::error_code unknown; fs::is_directory(entry.symlink_status(unknown)))
      move_content(entry.path(), target, "", error);
    else
      fs::rename(entry.path(), target, error);
  }
  if (!error) fs::remove(from, error);
}

/// Renames a folder, or moves its content where the file system does not rename folders.
void rename_folder(const fs::path& from, const fs::path& to, std::string_view seal, std::error_code& error) {
  fs::rename(from, to, error);
  if (error && cannot_rename(error)) move_content(from, to, seal, error);
}

}  // namespace

ScratchFolder::ScratchFolder(const fs::path& target, std::string_view seal)
    : target_(target), path_(hidden(target, kUnfinished)), seal_(seal) {
  std::error_code error;
  fs::remove_all(path_, error);
  if (!fs::create_directory(path_, error))
    throw IoError(path_.string() + ": the folder cannot be made: " + error.message());
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

void ScratchFolder::publish() {
  const fs::path replaced = hidden(target_, kReplaced);
  std::error_code error;
  if (fs::exists(fs::symlink_status(target_))) fs::rename(target_, replaced, error);
  if (error && cannot_rename(error)) {
    remove(target_, seal_);
    error.clear();
  }
  if (!error) rename_folder(path_, target_, seal_, error);
  if (error) {
    const std::string reason = error.message();
    std::error_code ignored;
    if (!fs::exists(target_ / seal_, ignored)) fs::remove_all(target_, ignored);  // half of it was moved
    if (fs::exists(replaced)) fs::rename(replaced, target_, error);
    throw IoError(target_.string() + ": cannot be put in place: " + reason);
  }
  path_.clear();
  sync_folder_of(target_);
  fs::remove_all(replaced, error);
}

void ScratchFolder::move(const fs::path& from, const fs::path& to, std::string_view seal) {
  std::error_code error;
  rename_folder(from, to, seal, error);
  if (error) throw IoError(from.string() + ": cannot be moved to " + to.string() + ": " + error.message());
}

void ScratchFolder::remove(const fs::path& folder, std::string_view seal) {
  fs::path doomed = hidden(folder, kUnfinished);
  std::error_code error;
  fs::rename(folder, doomed, error);
  if (error && cannot_rename(error)) {
    doomed = folder;
    fs::remove(folder / seal, error);
  }
  if (!error) fs::remove_all(doomed, error);
  if (error) throw IoError(folder.string() + ": cannot be removed: " + error.message());
}

void ScratchFolder::clean_up(const fs::path& directory, Leftovers whose) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    const auto unfinished = parse(name, kUnfinished);
    if (unfinished && is_leftover(entry.path(), unfinished->owner, whose)) fs::remove_all(entry.path(), ignored);
    const auto replaced = parse(name, kReplaced);
    if (!replaced || !is_leftover(entry.path(), replaced->owner, whose)) continue;
    const fs::path target = directory / replaced->target;
    if (fs::exists(target, ignored))
      fs::remove_all(entry.path(), ignored);
    else
      rename_folder(entry.path(), target, "", ignored);
  }
}

}  // namespace cebm
