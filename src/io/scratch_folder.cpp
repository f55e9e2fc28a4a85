#include "io/scratch_folder.h"

#include <cebm/errors.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

#include "io/descriptor.h"

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

/// What this process itself left behind is from a save that failed.
bool is_stale(const HiddenName& name) {
  return name.owner == ::getpid() || (::kill(name.owner, 0) != 0 && errno == ESRCH);
}

}  // namespace

ScratchFolder::ScratchFolder(const fs::path& target) : target_(target), path_(hidden(target, kUnfinished)) {
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
  if (!error) fs::rename(path_, target_, error);
  if (error) {
    const std::string reason = error.message();
    if (fs::exists(replaced)) fs::rename(replaced, target_, error);
    throw IoError(target_.string() + ": cannot be put in place: " + reason);
  }
  path_.clear();
  sync_folder_of(target_);
  fs::remove_all(replaced, error);
}

void ScratchFolder::remove(const fs::path& folder) {
  const fs::path doomed = hidden(folder, kUnfinished);
  std::error_code error;
  fs::rename(folder, doomed, error);
  if (!error) fs::remove_all(doomed, error);
  if (error) throw IoError(folder.string() + ": cannot be removed: " + error.message());
}

void ScratchFolder::clean_up(const fs::path& directory) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (const auto unfinished = parse(name, kUnfinished); unfinished && is_stale(*unfinished))
      fs::remove_all(entry.path(), ignored);
    if (const auto replaced = parse(name, kReplaced); replaced && is_stale(*replaced)) {
      const fs::path target = directory / replaced->target;
      if (fs::exists(target, ignored))
        fs::remove_all(entry.path(), ignored);
      else
        fs::rename(entry.path(), target, ignored);
    }
  }
}

}  // namespace cebm
