/// Files: atomic writes (complete under the final name or not at all), reading, lookup, SHA-256.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cebm {

/// Writes `content` to a temporary name beside `file`, flushes it to disk and renames it.
/// Throws IoError naming the file and the system's reason; then no new file is left, and an older one is unchanged.
/// Anything but a regular file under that name (a folder, a device) is never replaced.
void write_file_atomically(const std::filesystem::path& file, std::string_view content);

/// The same where the content is produced in pieces: `produce` is given a function that appends bytes.
using Append = std::function<void(std::string_view)>;
void write_file_atomically(const std::filesystem::path& file, const std::function<void(const Append&)>& produce);

/// The whole file. Throws IoError if it is missing, unreadable or larger than `limit` bytes.
std::string read_file(const std::filesystem::path& file, std::uintmax_t limit = std::uintmax_t{1} << 32);

/// The first of `names` that is a regular file in `folder` (links are followed). Falls back to such a file in a
/// subfolder that itself has one of these names, which some programs create when unpacking; nothing if there is none
/// either.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, std::span<const std::string> names);

/// Creates the folder if missing and checks that a file can be written in it. Throws IoError.
void require_writable_directory(const std::filesystem::path& directory);

/// SHA-256 as 64 hexadecimal digits.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace cebm
