#include <cebm/errors.h>
#include <cebm/fetch.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "base/durable/lock.h"
#include "base/durable/new_folder.h"
#include "fetch/check.h"
#include "fetch/download.h"
#include "fetch/manifest.h"
#include "fetch/unpack.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

std::vector<DataFile> wanted_files(const DataSource& source, const std::vector<std::string>& only) {
  if (only.empty()) return source.files;
  std::vector<DataFile> wanted;
  for (const std::string& name : only) {
    const auto found =
        std::find_if(source.files.begin(), source.files.end(), [&](const DataFile& file) { return file.name == name; });
    if (found == source.files.end()) {
      std::string message = "data set " + source.name + " has no file '" + name + "'. Known:";
      for (const DataFile& file : source.files) message += " " + file.name;
      throw ConfigError(message);
    }
    wanted.push_back(*found);
  }
  return wanted;
}

class Fetch {
 public:
  Fetch(const DataSource& source, const FetchOptions& options, const FetchCallbacks& callbacks)
      : source_(source),
        options_(options),
        callbacks_(callbacks),
        folder_(options.root / source.name),
        wanted_(wanted_files(source, options.only)) {
    for (const DataFile& file : wanted_) urls_.push_back(urls_of(source, file, options));
  }

  FetchOutcome run() {
    if (is_complete()) return FetchOutcome::already_there;
    const auto lock = wait_for_lock();
    if (!lock) return FetchOutcome::stopped;
    if (waited_ && is_complete()) return FetchOutcome::already_there;
    if (!lock->excludes_others())
      say("warning: " + folder_.string() +
          ": its file system has no locks; let no other process fetch the set at the same time");
    clean_up(folder_, lock->leftovers());
    require_writable_directory(folder_);
    if (!fetch_files()) return FetchOutcome::stopped;
    if (source_.is_archive() && !unpack_archive()) return FetchOutcome::stopped;
    return FetchOutcome::fetched;
  }

 private:
  fs::path unpacked() const { return folder_ / source_.archive.folder; }

  /// Nothing if should_stop ended the waiting.
  std::optional<Lock> wait_for_lock() {
    const fs::path file = folder_ / ".lock";
    while (true) {
      if (auto lock = Lock::take(file)) return lock;
      if (callbacks_.should_stop && callbacks_.should_stop()) return std::nullopt;
      if (!std::exchange(waited_, true)) say("waiting for " + holder_of(file) + " that fetches " + source_.name);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  bool is_complete() {
    if (source_.is_archive()) {
      require_own_folder();
      std::error_code error;
      if (!fs::is_regular_file(unpacked() / kManifestName, error)) return false;
      const auto files = check_unpacked(source_, {folder_}, callbacks_.should_stop);
      if (all_good(files)) return !callbacks_.should_stop || !callbacks_.should_stop();
      say(unpacked().string() + " is damaged and is fetched anew");
      return false;
    }
    checked_.clear();
    for (const DataFile& file : wanted_) checked_.push_back(check_file(file, {folder_}));
    return all_good(checked_);
  }

  /// Throws DataError if the folder was made by hand: it is not overwritten.
  void require_own_folder() const {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(unpacked(), error))) return;
    if (fs::is_regular_file(unpacked() / kManifestName, error)) return;
    throw DataError(unpacked().string() +
                    ": it was not unpacked by cebm-data and is left alone; move it away to fetch the set");
  }

  bool fetch_files() {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const DataFile& file = wanted_[i];
      const CheckedFile now = source_.is_archive() ? check_file(file, {folder_}) : checked_[i];
      if (now.state == FileState::good) continue;
      if (now.state == FileState::damaged) say(now.path.string() + " is damaged and is fetched anew: " + now.detail);
      const fs::path target = folder_ / file.name;
      if (!download(file, urls_[i], target, options_, callbacks_)) return false;
      if (const auto preferred = find_file(folder_, names_of(file)); preferred && *preferred != target) {
        remove_file(*preferred);  // damaged, and readers would still prefer it
      }
    }
    return true;
  }

  bool unpack_archive() {
    const DataFile& file = source_.files.at(0);
    const fs::path archive = folder_ / file.name;
    say("unpacking " + archive.string());
    NewFolder scratch(unpacked(), kManifestName);
    auto files = unpack(archive, source_.archive.folder, scratch.path(), {.bytes = source_.archive.unpacked_size},
                        callbacks_.should_stop);
    if (!files) return false;
    if (!has_landmark(scratch.path(), source_.archive)) {
      throw DataError(archive.string() + ": expected " + source_.archive.folder + "/" + source_.archive.landmark +
                      " in it, found none");
    }
    write_manifest(scratch.path(), {file.name, std::move(*files)});
    flush_file_system(scratch.path());
    scratch.publish();
    remove_file(archive);
    return true;
  }

  static void remove_file(const fs::path& file) {
    std::error_code error;
    fs::remove(file, error);
    if (error) throw IoError(file.string() + ": cannot be removed: " + error.message());
  }

  /// Flushing the whole file system is faster than flushing thousands of small files one by one.
  static void flush_file_system(const fs::path& folder) {
    const Descriptor opened(folder, O_RDONLY | O_DIRECTORY);
    if (!opened.is_open() || (::syncfs(opened.get()) != 0 && !is_unsupported(errno)))
      throw_io_error(folder, "cannot be flushed", errno);
  }

  void say(const std::string& text) const {
    if (callbacks_.on_message) callbacks_.on_message(text);
  }

  const DataSource& source_;
  const FetchOptions& options_;
  const FetchCallbacks& callbacks_;
  fs::path folder_;
  std::vector<DataFile> wanted_;
  std::vector<std::vector<std::string>> urls_;
  std::vector<CheckedFile> checked_;
  bool waited_ = false;  ///< for another process, which may have fetched the set
};

}  // namespace

FetchOutcome fetch(const DataSource& source, const FetchOptions& options, const FetchCallbacks& callbacks) {
  return Fetch(source, options, callbacks).run();
}

}  // namespace cebm
