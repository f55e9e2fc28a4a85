/// Data sets from the places that publish them: where they are, what they must be, how they get here.
///
/// A set goes to ROOT/<set>/. A file comes as <file>.part and gets its name only when its checksum is right; an archive
/// is unpacked beside its final place and moved there whole, with a manifest of checksums in it, and then removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// A file as it is published. At least one of the two checksums is known, and every known one must be right.
struct DataFile {
  std::string name;
  std::uint64_t size = 0;  ///< bytes; 0 where unknown
  std::string sha256;      ///< lower-case hexadecimal digits, or empty
  std::string md5;         ///< likewise

  /// Of what a .gz file holds. Where it is known, a file that was compressed differently, or not at all, is as good.
  std::string content_sha256 = {};
  std::uint64_t content_size = 0;  ///< bytes
};

/// How a set that comes as one archive is unpacked. Only regular files and folders are, and only those in `folder`.
struct DataArchive {
  std::string folder;               ///< in the archive and in ROOT/<set>; empty where the set is no archive
  std::string landmark;             ///< a file, or a folder with '/' at its end, of every copy of the set
  std::uint64_t unpacked_size = 0;  ///< bytes that all files may have together
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

/// The table. Sets that are drawn, or a user's own, are not in it.
std::vector<DataSource> data_sources();
/// The row of the set, or nothing where it is not fetched.
std::optional<DataSource> find_data_source(const std::string& set);

struct FetchOptions {
  std::filesystem::path root;             ///< made where it does not exist
  std::vector<std::string> mirrors = {};  ///< http, https or file URLs of folders or of files, tried first, in order
  bool only_mirrors = false;              ///< leave the places of the table alone
  std::vector<std::string> only = {};     ///< names of files; empty: all
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::seconds stall_timeout{30};   ///< a place that sends less than 1 KB/s for so long is given up
  int retries = 4;                          ///< of a place that fails in a way that may pass
  std::chrono::milliseconds backoff{1000};  ///< before the first retry; doubles with each
};

/// All may be empty.
struct FetchCallbacks {
  std::function<void(const std::string& text)> on_message;
  /// Bytes that are here and bytes in all (0 where unknown).
  std::function<void(const std::string& file, std::uint64_t done, std::uint64_t total)> on_progress;
  std::function<bool()> should_stop;
};

enum class FetchOutcome {
  fetched,
  already_there,  ///< every wanted file was there and right; nothing was done
  stopped         ///< should_stop said so; what came so far is kept, and the next fetch goes on from there
};

/// Fetches a set. What is there and right is kept; what is there and wrong is replaced once the right one is here.
/// Waits while another process fetches the same set into the same root.
/// Throws ConfigError: a mirror that is no URL, a name in `only` that the set does not have, no place to try.
/// Throws DataError: no place had the file (with what each answered), an archive that is damaged or would write
/// outside its folder, a folder in the way that was not unpacked from here.
/// Throws IoError: folders that cannot be written, full disk; what came so far is kept.
FetchOutcome fetch(const DataSource& source, const FetchOptions& options, const FetchCallbacks& callbacks = {});

/// What a check found out about one file.
enum class FileState {
  good,
  damaged,
  missing,
  unchecked  ///< it is there, but nothing is known to compare it with
};

struct CheckedFile {
  std::string name;  ///< as published, or the path inside the unpacked folder
  FileState state;
  std::filesystem::path path;  ///< where it was looked at; empty if missing
  std::string detail;          ///< what was expected and what was found, where it is not good
};

/// Checks the files of a set against the table, and unpacked ones against their manifest, in the first of `folders`
/// (see data_folders) that holds them. should_stop is looked at between files: then the list is short.
std::vector<CheckedFile> verify(const DataSource& source, const std::vector<std::filesystem::path>& folders,
                                const std::function<bool()>& should_stop = {});

/// The first of `folders` that holds any file of the set, or nothing. Nothing is read.
std::optional<std::filesystem::path> locate(const DataSource& source,
                                            const std::vector<std::filesystem::path>& folders);

}  // namespace cebm
