#include <cebm/errors.h>
#include <cebm/files.h>

#include <system_error>

#include "fetch/check.h"
#include "fetch/manifest.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

bool has_manifest(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / kManifestName, error);
}

CheckedFile check_unpacked_file(const fs::path& folder, const std::string& shown, const UnpackedFile& expected) {
  const fs::path path = folder / expected.path;
  const std::string name = shown + "/" + expected.path;
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) {
    return {name, FileState::missing, {}, path.string() + ": no such file"};
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size != expected.size) {
    return {name, FileState::damaged, path,
            "expected " + std::to_string(expected.size) + " bytes, found " + std::to_string(size)};
  }
  const std::string found = sha256_of_file(path);
  if (found != expected.sha256) {
    return {name, FileState::damaged, path, "expected SHA-256 " + expected.sha256 + ", found " + found};
  }
  return {name, FileState::good, path, ""};
}

/// The unpacked folder. If it was unpacked by hand, the archive's own top folder may be missing.
std::optional<fs::path> find_unpacked(const DataArchive& archive, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    for (const fs::path& candidate : {folder / archive.folder, folder}) {
      if (has_landmark(candidate, archive) || has_manifest(candidate)) return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_landmark(const fs::path& folder, const DataArchive& archive) {
  std::error_code error;
  if (archive.landmark.ends_with('/')) return fs::is_directory(folder / archive.landmark, error);
  return find_file(folder, names_of(archive.landmark)).has_value();
}

std::vector<CheckedFile> check_unpacked(const DataSource& source, const std::vector<fs::path>& folders,
                                        const std::function<bool()>& should_stop) {
  const auto folder = find_unpacked(source.archive, folders);
  if (!folder) return {};
  const std::string& shown = source.archive.folder;
  if (!has_manifest(*folder)) {
    return {{shown, FileState::unchecked, *folder,
             "it was not unpacked by cebm-data: there is no list of checksums to compare it with"}};
  }
  std::vector<CheckedFile> checked;
  try {
    for (const UnpackedFile& file : read_manifest(*folder).files) {
      if (should_stop && should_stop()) break;
      checked.push_back(check_unpacked_file(*folder, shown, file));
    }
  } catch (const DataError& problem) {
    checked.push_back(
        {shown + "/" + std::string(kManifestName), FileState::damaged, *folder / kManifestName, problem.what()});
  }
  return checked;
}

std::vector<CheckedFile> verify(const DataSource& source, const std::vector<fs::path>& folders,
                                const std::function<bool()>& should_stop) {
  std::vector<CheckedFile> checked;
  if (source.is_archive()) checked = check_unpacked(source, folders, should_stop);
  if (!checked.empty()) return checked;
  for (const DataFile& file : source.files) {
    if (should_stop && should_stop()) return checked;
    checked.push_back(check_file(file, folders));
  }
  if (source.is_archive() && all_good(checked)) {
    checked.push_back({source.archive.folder, FileState::missing, {}, "the archive is not unpacked"});
  }
  return checked;
}

std::optional<fs::path> locate(const DataSource& source, const std::vector<fs::path>& folders) {
  if (source.is_archive()) return find_unpacked(source.archive, folders);
  for (const fs::path& folder : folders) {
    for (const DataFile& file : source.files) {
      if (find_file(folder, names_of(file))) return folder;
    }
  }
  return std::nullopt;
}

}  // namespace cebm
