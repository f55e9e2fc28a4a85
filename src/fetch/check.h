/// Whether a file is what the table says. Internal to src/fetch.
#pragma once

#include <cebm/fetch.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Nothing if the content is right, else what was expected and what was found. Throws IoError if it cannot be read.
std::optional<std::string> content_problem(const DataFile& file, const std::filesystem::path& path);

/// The size a right file must have, 0 where several are possible or none is known.
std::uint64_t exact_size(const DataFile& file);
/// No right file is larger.
std::uint64_t size_limit(const DataFile& file);

/// Names under which readers take the file, in their order: for compressed ones also without .gz, and with a dot before
/// "idx".
std::vector<std::string> names_of(const DataFile& file);
std::vector<std::string> names_of(const std::string& published);

/// The file, under any of its names, in the first of `folders` that has it (find_file in files.h).
CheckedFile check_file(const DataFile& file, const std::vector<std::filesystem::path>& folders);

/// Whether the landmark of the archive's set is in the folder.
bool has_landmark(const std::filesystem::path& folder, const DataArchive& archive);

/// The files of an unpacked set by its manifest; empty where there is no such folder, one entry of state unchecked
/// where the folder has no manifest.
std::vector<CheckedFile> check_unpacked(const DataSource& source, const std::vector<std::filesystem::path>& folders,
                                        const std::function<bool()>& should_stop);

bool all_good(const std::vector<CheckedFile>& files);

}  // namespace cebm
