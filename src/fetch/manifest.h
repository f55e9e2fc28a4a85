/// The manifest of an unpacked archive: a file in the unpacked folder that lists all others. Internal to src/fetch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cebm {

inline constexpr std::string_view kManifestName = ".manifest.json";

struct UnpackedFile {
  std::string path;  ///< relative to the unpacked folder, with '/'
  std::uint64_t size = 0;
  std::string sha256;
};

struct Manifest {
  std::string archive;  ///< name of the archive, for information only
  std::vector<UnpackedFile> files;
};

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest);
/// Throws DataError naming the file and what is wrong with it, IoError if it cannot be read.
Manifest read_manifest(const std::filesystem::path& folder);

}  // namespace cebm
