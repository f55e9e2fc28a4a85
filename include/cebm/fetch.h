/// Data sets from their publishers: sources, checksums, download and verification.
///
/// A set is stored in ROOT/<set>/. A file is downloaded as <file>.part and renamed once its checksum matches. An
/// archive is unpacked into a temporary folder, together with a manifest of checksums; the folder is renamed when it is
/// complete, and the archive removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// A file as it is published. At least one of the two checksums is known, and every known one must match.
struct DataFile {
  std::string name;
  std::uint64_t size = 0;  ///< bytes; 0 where unknown
  std::string sha256;      ///< lower-case hexadecimal digits, or empty
  std::string md5;         ///< likewise

  /// Of the decompressed content of a .gz file. If known, a file compressed differently or not at all is accepted too.
  std::string content_sha256 = {};
  std::uint64_t content_size = 0;  ///< bytes
};

/// How a set that comes as one archive is unpacked: only regular files and folders, and only those in `folder`.
struct DataArchive {
  std::string folder;               ///< in the archive and in ROOT/<set>; empty if the set is no archive
  std::string landmark;             ///< a file, or a folder if it ends in '/', that every copy of the set has
  std::uint64_t unpacked_size = 0;  ///< limit on the size of all files together, in bytes
};

/// Where a set comes from.
struct DataSource {
  std::string name;  ///< of the set, as registered
  std::string homepage;
  std::string licence;
  std::string citation;             ///< BibTeX
  std::vector<std::string> places;  ///< URLs of folders that hold the files, the official ones first
  std::vector<DataFile> files;
  DataArchive archive = {};

  bool is_archive() const { return !archive.folder.empty(); }
  std::uint64_t size() const;  ///< bytes to fetch, as far as known
};

/// The table of sources, without synthetic sets and a user's own.
std::vector<DataSource> data_sources();
/// The row of the set, or nothing if the table has none.
std::optional<DataSource> find_data_source(const std::string& set);

struct FetchOptions {
  std::filesystem::path root;             ///< created if missing
  std::vector<std::string> mirrors = {};  ///< http, https or file URLs of folders or of files, tried first, in order
  bool only_mirrors = false;              ///< ignores the URLs of the table
  std::vector<std::string> only = {};     ///< names of files; empty: all
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::seconds stall_timeout{30};   ///< ends a transfer below 1 KB/s for this long
  int retries = 4;                          ///< of each URL, after failures that may be temporary
  std::chrono::milliseconds backoff{1000};  ///< before the first retry; doubles with each
};

/// Every member may be empty.
struct FetchCallbacks {
  std::function<void(const std::string& text)> on_message;
  /// Receives the bytes downloaded and the total (0 if unknown).
  std::function<void(const std::string& file, std::uint64_t done, std::uint64_t total)> on_progress;
  std::function<bool()> should_stop;
};

enum class FetchOutcome {
  fetched,
  already_there,  ///< every wanted file was present and correct; nothing was done
  stopped         ///< by should_stop; partial files are kept, and the next fetch resumes them
};

/// Fetches a set. Correct files are kept; a damaged one is replaced once the correct one is downloaded.
/// Waits while another process fetches the same set into the same root.
/// Throws ConfigError: a mirror that is no URL, a name in `only` that the set does not have, no URL to try.
/// Throws DataError: no URL delivers the file (with each failure), an archive that is damaged or would write outside
/// its folder, an existing folder of the archive's name that was not unpacked by fetch().
/// Throws IoError: folders that cannot be written, full disk; partial files are kept.
FetchOutcome fetch(const DataSource& source, const FetchOptions& options, const FetchCallbacks& callbacks = {});

/// The result of checking one file.
enum class FileState {
  good,
  damaged,
  missing,
  unchecked  ///< present, but there is no checksum to compare it with
};

struct CheckedFile {
  std::string name;  ///< as published, or the path inside the unpacked folder
  FileState state;
  std::filesystem::path path;  ///< the file that was checked; empty if missing
  std::string detail;          ///< what was expected and found, if it is not good
};

/// Checks the files of a set against the table, and unpacked ones against their manifest, in the first of `folders`
/// (see data_folders) that holds them. should_stop is asked before each file; if true, the list ends there.
std::vector<CheckedFile> verify(const DataSource& source, const std::vector<std::filesystem::path>& folders,
                                const std::function<bool()>& should_stop = {});

/// The first of `folders` that holds any file of the set, or nothing. Reads no file.
std::optional<std::filesystem::path> locate(const DataSource& source,
                                            const std::vector<std::filesystem::path>& folders);

}  // namespace cebm
