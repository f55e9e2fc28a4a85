#include "eval/run/provenance_cache.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/text.h>

#include <algorithm>

#include "base/json_text.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "sets.json";

/// Name, size and time of a file or folder; the name alone if it does not exist.
nlohmann::json stamp_of(const fs::path& path) {
  std::error_code absent;
  const fs::path whole = fs::absolute(path).lexically_normal();
  const auto time = fs::last_write_time(whole, absent);
  if (absent) return {whole.string()};
  const std::uintmax_t size = fs::is_regular_file(whole) ? fs::file_size(whole) : 0;
  return {whole.string(), size, time.time_since_epoch().count()};
}

nlohmann::json stamps_of(const std::vector<fs::path>& folders, const std::vector<fs::path>& files) {
  nlohmann::json stamps = nlohmann::json::array();
  for (const fs::path& folder : folders) stamps.push_back(stamp_of(folder));
  for (const fs::path& file : files) stamps.push_back(stamp_of(file));
  return stamps;
}

std::vector<fs::path> paths_of(const nlohmann::json& names) {
  std::vector<fs::path> paths;
  for (const auto& name : names) paths.emplace_back(name.get<std::string>());
  return paths;
}

}  // namespace

ProvenanceCache::ProvenanceCache(fs::path folder) : folder_(std::move(folder)) {
  std::error_code unreadable;
  if (folder_.empty() || !fs::exists(folder_ / kFile, unreadable)) return;
  try {
    known_ = parse_json(read_file(folder_ / kFile));
    if (!known_.is_array()) known_ = nlohmann::json::array();
  } catch (const IoError&) {
    known_ = nlohmann::json::array();
  } catch (const nlohmann::json::exception&) {
    known_ = nlohmann::json::array();
  }
}

std::optional<ProvenanceCache::Known> ProvenanceCache::find(const nlohmann::json& request,
                                                            const std::vector<fs::path>& folders) const {
  for (const auto& entry : known_) {
    try {
      if (entry.at("request") != request) continue;
      std::vector<fs::path> files = paths_of(entry.at("files"));
      if (entry.at("stamps") != stamps_of(folders, files)) return std::nullopt;
      return Known{entry.at("provenance"), std::move(files)};
    } catch (const nlohmann::json::exception&) {
      continue;
    } catch (const fs::filesystem_error&) {
      continue;
    }
  }
  return std::nullopt;
}

void ProvenanceCache::remember(const nlohmann::json& request, const std::vector<fs::path>& folders, const Dataset& data,
                               const nlohmann::json& provenance) {
  const auto is_folder = [](const fs::path& path) { return fs::is_directory(path); };
  if (folder_.empty() || data.files.empty() || std::ranges::any_of(data.files, is_folder)) return;
  nlohmann::json files = nlohmann::json::array();
  for (const fs::path& file : data.files) files.push_back(fs::absolute(file).string());
  nlohmann::json entry = {{"request", request},
                          {"files", files},
                          {"stamps", stamps_of(folders, paths_of(files))},
                          {"provenance", provenance}};
  if (std::ranges::find(known_, entry) != known_.end()) return;
  const auto stale = std::ranges::find_if(
      known_, [&](const auto& old) { return old.is_object() && old.value("request", nlohmann::json()) == request; });
  if (stale != known_.end()) known_.erase(stale);
  known_.push_back(std::move(entry));
  require_writable_directory(folder_);
  write_file_atomically(folder_ / kFile, dump_json(known_, 2) + "\n");
}

}  // namespace cebm
