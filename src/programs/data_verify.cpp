#include <cebm/catalog.h>
#include <cebm/errors.h>

#include <iostream>
#include <map>

#include "base/text_check.h"
#include "programs/data_commands.h"
#include "programs/log.h"
#include "programs/progress.h"
#include "programs/signals.h"

namespace cebm::app {

namespace {

namespace fs = std::filesystem;

/// Good files of a set with more files than this are counted, not listed.
constexpr std::size_t kListed = 20;

const char* word_for(FileState state) {
  switch (state) {
    case FileState::good:
      return "good";
    case FileState::damaged:
      return "damaged";
    case FileState::missing:
      return "missing";
    case FileState::unchecked:
      return "unchecked";
  }
  return "";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 2), ' ');
  return text;
}

using Count = std::map<FileState, std::size_t>;

/// Prints what was found, and returns how many files are in which state.
Count print_files(const DataSource& source, const std::vector<CheckedFile>& files,
                  const std::vector<fs::path>& folders) {
  Count count;
  std::cout << source.name << ":\n";
  for (const CheckedFile& file : files) {
    ++count[file.state];
    if (file.state == FileState::good && files.size() > kListed) continue;
    std::string line = padded(word_for(file.state), 11) + (file.path.empty() ? file.name : file.path.string());
    if (!file.detail.empty()) line += ": " + file.detail;
    std::cout << "  " << without_controls(line, "\n") << "\n";
  }
  if (files.size() > kListed) {
    std::cout << "  " << count[FileState::good] << " of " << files.size() << " files are good\n";
  }
  if (count[FileState::missing] > 0) {
    std::cout << "  looked in:\n";
    for (const fs::path& folder : folders) std::cout << "    " << folder.string() << "\n";
  }
  return count;
}

}  // namespace

DataSource source_of(const Catalog& catalog, const std::string& name) {
  if (auto source = find_data_source(name)) return *source;
  const DatasetEntry& row = catalog.datasets.find(name);
  throw ConfigError("data set " + row.name + " is not fetched from anywhere: " + row.summary);
}

int verify_data(const Catalog& catalog, const DataFlags& flags) {
  std::vector<DataSource> sources;
  for (const std::string& name : flags.names) sources.push_back(source_of(catalog, name));
  flags.common.apply();
  watch_stop_signals();
  bool faulty = false;
  bool unchecked = false;
  for (const DataSource& source : sources) {
    const auto folders = data_folders(source.name, DataContext{flags.common.data_root});
    const auto files = verify(source, folders, [] { return stop_signal() != 0; });
    if (stop_signal() != 0) {
      warn("stopped by a signal before all files were checked");
      return 128 + stop_signal();
    }
    Count count = print_files(source, files, folders);
    faulty = faulty || count[FileState::missing] + count[FileState::damaged] > 0;
    unchecked = unchecked || count[FileState::unchecked] > 0;
  }
  if (faulty) warn("not everything is good; cebm-data fetch gets what is missing and replaces what is damaged");
  if (unchecked) {
    warn("what is unchecked can be read, but has no checksums; move it away, and cebm-data fetch gets a copy that has");
  }
  return faulty || unchecked ? 1 : 0;
}

int list_data(const Catalog& catalog, const DataFlags& flags) {
  flags.common.apply();
  for (const DatasetEntry& row : catalog.datasets.rows()) {
    const auto source = find_data_source(row.name);
    std::string where = "no files to fetch";
    std::string size = "-";
    if (source) {
      const auto folder = locate(*source, data_folders(row.name, DataContext{flags.common.data_root}));
      where = folder ? "here: " + folder->string() : "not here";
      size = format_size(source->size());
    }
    std::cout << padded(row.name, 16) << padded(size, 11) << where << "\n  " << row.summary << "\n";
  }
  return 0;
}

}  // namespace cebm::app
