#include "base/durable/new_folder.h"

#include <cebm/errors.h>

#include <algorithm>
#include <vector>

#include "base/descriptor.h"
#include "base/durable/unfinished.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// Whether `error` means that the file system cannot rename folders; files in them may still be renamed or removed.
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

/// The folder's path up to its name, "a/b" for "a/b/" and "a/b/.": the names beside it begin with that.
fs::path without_slash(fs::path folder) {
  const auto is_named = [&] { return folder.has_filename() && folder.filename() != "."; };
  while (!is_named() && folder.has_parent_path() && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// Moves the content of `from` into `to`, the file `seal` of the folder itself last, and removes `from`.
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

}  // namespace

NewFolder::NewFolder(const fs::path& target, std::string_view seal)
    : target_(without_slash(target)), path_(unfinished_name(target_)), seal_(seal) {
  std::error_code error;
  fs::remove_all(path_, error);
  error.clear();
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), error);
  if (error || !fs::create_directory(path_, error))
    throw IoError(path_.string() + ": the folder cannot be made: " + error.message());
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

void NewFolder::publish() {
  const fs::path replaced = replaced_name(target_);
  std::error_code error;
  if (fs::exists(fs::symlink_status(target_))) fs::rename(target_, replaced, error);
  if (error && cannot_rename(error)) {
    remove_folder(target_, seal_);
    error.clear();
  }
  if (!error) rename_folder(path_, target_, seal_, error);
  if (error) {
    const std::string reason = error.message();
    std::error_code ignored;
    if (!fs::exists(target_ / seal_, ignored)) fs::remove_all(target_, ignored);  // partly moved
    if (fs::exists(replaced)) fs::rename(replaced, target_, error);
    throw IoError(target_.string() + ": cannot be put in place: " + reason);
  }
  path_.clear();
  sync_folder_of(target_);
  fs::remove_all(replaced, error);
}

void rename_folder(const fs::path& from, const fs::path& to, std::string_view seal, std::error_code& error) {
  fs::rename(from, to, error);
  if (error && cannot_rename(error)) move_content(from, to, seal, error);
}

void rename_folder(const fs::path& from, const fs::path& to, std::string_view seal) {
  std::error_code error;
  rename_folder(from, to, seal, error);
  if (error) throw IoError(from.string() + ": cannot be moved to " + to.string() + ": " + error.message());
}

void remove_folder(const fs::path& folder, std::string_view seal) {
  fs::path doomed = unfinished_name(folder);
  std::error_code error;
  fs::rename(folder, doomed, error);
  if (error && cannot_rename(error)) {
    doomed = folder;
    fs::remove(folder / seal, error);
  }
  if (!error) fs::remove_all(doomed, error);
  if (error) throw IoError(folder.string() + ": cannot be removed: " + error.message());
}

}  // namespace cebm
