/// Safe unpacking of archives. Internal to src/fetch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fetch/manifest.h"

namespace cebm {

/// The path of an archive's entry without "." and doubled or trailing slashes. Throws DataError unless it is a relative
/// path of plain names in UTF-8, as the manifest lists them: no "..", no leading '/', no backslash or control
/// character, no name over 255 bytes, no depth over 32. Empty for "." itself.
std::string safe_path(const std::string& path);

struct UnpackLimits {
  std::uint64_t bytes = 0;  ///< limit on all files together, holes of sparse files included
  std::uint64_t entries = 1'000'000;
};

/// Unpacks what a tar, tar.gz or zip archive holds under `top` into the empty folder `into`, which stands for `top`.
/// Entries beside `top` are skipped, but an archive with any unsafe entry is rejected as a whole: a path that safe_path
/// rejects, a link, a device, a file that comes twice or needs a file as a folder, more bytes or entries than the
/// limits. Returns the written files, or nothing if should_stop returned true. Throws DataError naming archive and
/// entry, or IoError.
std::optional<std::vector<UnpackedFile>> unpack(const std::filesystem::path& archive, const std::string& top,
                                                const std::filesystem::path& into, const UnpackLimits& limits,
                                                const std::function<bool()>& should_stop = {});

}  // namespace cebm
