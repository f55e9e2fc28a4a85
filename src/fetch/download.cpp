#include "fetch/download.h"

#include <cebm/errors.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "fetch/check.h"
#include "fetch/http.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// An attempt that gets this many bytes further than all before restarts the count of failures: a connection that drops
/// every minute still completes a file, and a server that always breaks off at the same place is given up.
constexpr std::uint64_t kProgress = std::uint64_t{1} << 20;
constexpr std::chrono::milliseconds kNap{50};

bool is_url(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("file:///");
}

std::string join(const std::string& place, const std::string& name) {
  if (place.ends_with("/" + name)) return place;
  return place + (place.ends_with("/") ? "" : "/") + name;
}

enum class PlaceEnd { done, stopped, given_up };

class Download {
 public:
  Download(const DataFile& file, const fs::path& target, const FetchOptions& options, const FetchCallbacks& callbacks)
      : file_(file), options_(options), callbacks_(callbacks), part_(target, IfUnfinished::keep) {}

  /// Publishes the partial file of an earlier fetch if it is already complete.
  bool is_complete_already() {
    if (part_.size() == 0 || content_problem(file_, part_.path())) return false;
    part_.publish();
    return true;
  }

  PlaceEnd try_place(const std::string& url) {
    bool restarted = false;
    int failures = 0;
    std::uint64_t most = part_.size();
    while (true) {
      const std::uint64_t before = part_.size();
      TransferResult result = transfer(request(url), part_);
      if (result.end == TransferEnd::complete) result = judge(before);
      switch (result.end) {
        case TransferEnd::complete:
          part_.publish();
          return PlaceEnd::done;
        case TransferEnd::stopped:
          return PlaceEnd::stopped;
        case TransferEnd::refused:
          reason_ = result.reason;
          return PlaceEnd::given_up;
        case TransferEnd::restart:
          part_.restart();
          reason_ = result.reason;
          if (std::exchange(restarted, true)) return PlaceEnd::given_up;
          say(result.reason + "; starting again from nothing");
          break;
        case TransferEnd::failed:
          reason_ = result.reason;
          failures = part_.size() >= most + kProgress ? 1 : failures + 1;
          most = std::max(most, part_.size());
          if (failures > options_.retries) return PlaceEnd::given_up;
          if (!wait(failures)) return PlaceEnd::stopped;
          break;
      }
    }
  }

  const std::string& reason() const { return reason_; }
  std::uint64_t kept() const { return part_.size(); }

 private:
  TransferRequest request(const std::string& url) const {
    TransferRequest made{.url = url,
                         .exact_size = exact_size(file_),
                         .size_limit = size_limit(file_),
                         .connect_timeout = options_.connect_timeout,
                         .stall_timeout = options_.stall_timeout,
                         .on_progress = {},
                         .should_stop = callbacks_.should_stop};
    if (callbacks_.on_progress) {
      made.on_progress = [this](std::uint64_t done, std::uint64_t total) {
        callbacks_.on_progress(file_.name, done, total);
      };
    }
    return made;
  }

  /// Checks the content after a transfer that ended normally.
  TransferResult judge(std::uint64_t before) {
    if (part_.size() < exact_size(file_)) {
      return {TransferEnd::failed,
              "ended after " + std::to_string(part_.size()) + " of " + std::to_string(exact_size(file_)) + " bytes"};
    }
    const auto problem = content_problem(file_, part_.path());
    if (!problem) return {TransferEnd::complete, ""};
    part_.restart();
    // The wrong bytes may come from an earlier attempt or from another place.
    return {before > 0 ? TransferEnd::restart : TransferEnd::refused, "sends another file: " + *problem};
  }

  /// Returns false if should_stop ended the waiting.
  bool wait(int failures) const {
    const auto pause = options_.backoff * (std::int64_t{1} << std::min(failures - 1, 10));
    say(reason_ + "; trying again in " + std::to_string((pause.count() + 999) / 1000) + " s (" +
        std::to_string(failures) + " of " + std::to_string(options_.retries) + ")");
    const auto end = std::chrono::steady_clock::now() + pause;
    while (std::chrono::steady_clock::now() < end) {
      if (callbacks_.should_stop && callbacks_.should_stop()) return false;
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(kNap, end - std::chrono::steady_clock::now()));
    }
    return true;
  }

  void say(const std::string& text) const {
    if (callbacks_.on_message) callbacks_.on_message(file_.name + ": " + text);
  }

  const DataFile& file_;
  const FetchOptions& options_;
  const FetchCallbacks& callbacks_;
  NewFile part_;
  std::string reason_;
};

}  // namespace

std::vector<std::string> urls_of(const DataSource& source, const DataFile& file, const FetchOptions& options) {
  std::vector<std::string> urls;
  for (const std::string& mirror : options.mirrors) {
    if (!is_url(mirror)) {
      throw ConfigError("mirror '" + mirror + "': expected a URL that begins with http://, https:// or file:///");
    }
    urls.push_back(join(mirror, file.name));
  }
  if (!options.only_mirrors) {
    for (const std::string& place : source.places) urls.push_back(join(place, file.name));
  }
  if (urls.empty()) throw ConfigError("data set " + source.name + ": no place to fetch it from; name a mirror");
  return urls;
}

bool download(const DataFile& file, const std::vector<std::string>& urls, const fs::path& target,
              const FetchOptions& options, const FetchCallbacks& callbacks) {
  Download task(file, target, options, callbacks);
  if (task.is_complete_already()) return true;
  std::string tried;
  for (const std::string& url : urls) {
    if (callbacks.on_message) {
      callbacks.on_message(file.name + " from " + url +
                           (task.kept() > 0 ? ", going on after " + std::to_string(task.kept()) + " bytes" : ""));
    }
    switch (task.try_place(url)) {
      case PlaceEnd::done:
        return true;
      case PlaceEnd::stopped:
        return false;
      case PlaceEnd::given_up:
        tried += "\n  " + url + ": " + task.reason();
        if (callbacks.on_message && url != urls.back()) callbacks.on_message(file.name + ": " + task.reason());
    }
  }
  throw DataError(target.string() + ": cannot be fetched; tried:" + tried);
}

}  // namespace cebm
