/// Checking files against the sizes and checksums of the table. Internal to src.
#pragma once

#include <cebm/fetch.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Returns nothing if the content is right, else what was expected and what was found. Throws IoError if it cannot be
/// read.
std::optional<std::string> content_problem(const DataFile& file, const std::filesystem::path& path);

/// Whether the decompressed bytes of the file (of an uncompressed file, the bytes themselves) have this checksum and
/// size. Throws IoError if it cannot be opened.
bool content_is(const std::filesystem::path& path, const std::string& sha256, std::uint64_t size);

/// The exact size of a correct file; 0 if several are possible or it is unknown.
std::uint64_t exact_size(const DataFile& file);
/// Upper bound on the size of a correct file.
std::uint64_t size_limit(const DataFile& file);

/// File names that readers accept, in order of preference: for compressed files also without .gz, and with a dot before
/// "idx".
std::vector<std::string> names_of(const DataFile& file);
std::vector<std::string> names_of(const std::string& published);

/// Checks the file, under any of its names, in the first of `folders` that has it (find_file in files.h).
CheckedFile check_file(const DataFile& file, const std::vector<std::filesystem::path>& folders);

/// Whether the landmark of the archive's set is in the folder.
bool has_landmark(const std::filesystem::path& folder, const DataArchive& archive);

/// Checks the files of an unpacked set against its manifest. Returns an empty list if there is no unpacked folder, and
/// one entry of state unchecked if the folder has no manifest.
std::vector<CheckedFile> check_unpacked(const DataSource& source, const std::vector<std::filesystem::path>& folders,
                                        const std::function<bool()>& should_stop);

bool all_good(const std::vector<CheckedFile>& files);

}  // namespace cebm
