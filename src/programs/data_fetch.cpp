#include <cebm/catalog.h>
#include <cebm/errors.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>

#include "programs/data_commands.h"
#include "programs/log.h"
#include "programs/progress.h"
#include "programs/progress_line.h"
#include "programs/signals.h"
#include "programs/streams.h"

namespace cebm::app {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kQuietFor{10};
constexpr std::uint64_t kTooSmall = 1'000'000;  // bytes; a smaller file arrives before a bar could be read

/// A bar on a terminal, a line every ten seconds elsewhere.
class TransferDisplay {
 public:
  void update(const std::string& file, std::uint64_t done, std::uint64_t total) {
    if (total < kTooSmall) return;
    if (file != file_) {
      clear();
      file_ = file;
      said_ = Clock::now();
    }
    if (progress_line_available()) {
      if (!bar_) bar_.emplace(file, total);
      bar_->update(done);
    } else if (Clock::now() - said_ >= kQuietFor) {
      said_ = Clock::now();
      info(file + ": " + format_size(done) + " of " + format_size(total));
    }
  }
  void clear() { bar_.reset(); }

 private:
  std::string file_;
  std::optional<Progress> bar_;
  Clock::time_point said_;
};

FetchOptions options_of(const DataFlags& flags, const fs::path& root) {
  return {.root = root,
          .mirrors = flags.mirrors,
          .only_mirrors = flags.only_mirrors,
          .only = flags.only,
          .connect_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(flags.connect_timeout * 1000.0)),
          .stall_timeout = std::chrono::seconds(flags.stall_timeout),
          .retries = flags.retries};
}

/// A verified copy in one of the default data folders, which makes fetching unnecessary. Nothing if the user named a
/// data root, a mirror or a single file.
std::optional<fs::path> good_copy(const DataSource& source, const DataFlags& flags) {
  if (!flags.common.data_root.empty() || !flags.mirrors.empty() || !flags.only.empty()) return std::nullopt;
  const auto files = verify(source, data_folders(source.name, {}), [] { return stop_signal() != 0; });
  for (const CheckedFile& file : files) {
    if (file.state != FileState::good) return std::nullopt;
  }
  return files.empty() ? std::nullopt : locate(source, data_folders(source.name, {}));
}

void print_terms(const DataSource& source, const fs::path& folder) {
  std::cout << source.name << ": " << folder.string() << "\n  licence: " << source.licence
            << "\n  please cite: " << source.citation << "\n";
}

}  // namespace

int fetch_data(const Catalog& catalog, const DataFlags& flags) {
  std::vector<DataSource> sources;
  for (const std::string& name : flags.names) sources.push_back(source_of(catalog, name));
  if (!flags.only.empty() && sources.size() > 1) throw ConfigError("--only: expected one data set, found several");
  const fs::path root = flags.common.data_root.empty() ? fs::path("data") : flags.common.data_root;
  CommonFlags common = flags.common;
  common.data_root.clear();  // need not exist yet
  common.apply();
  keep_going_without_readers();
  watch_stop_signals();

  TransferDisplay display;
  const FetchCallbacks callbacks{.on_message =
                                     [&](const std::string& text) {
                                       display.clear();
                                       say(text);
                                     },
                                 .on_progress = [&](const std::string& file, std::uint64_t done,
                                                    std::uint64_t total) { display.update(file, done, total); },
                                 .should_stop = [] { return stop_signal() != 0; }};
  for (const DataSource& source : sources) {
    if (const auto folder = good_copy(source, flags)) {
      info(source.name + " is here already and all files are good");
      print_terms(source, *folder);
      continue;
    }
    const FetchOutcome outcome = fetch(source, options_of(flags, root), callbacks);
    display.clear();
    if (outcome == FetchOutcome::stopped) {
      warn("stopped by a signal; what came is kept, and the same command goes on from there");
      return 128 + stop_signal();
    }
    info(source.name +
         (outcome == FetchOutcome::fetched ? " is fetched and verified" : " is here already and all files are good"));
    print_terms(source, root / source.name);
  }
  return 0;
}

}  // namespace cebm::app
