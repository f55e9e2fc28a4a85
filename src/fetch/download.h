/// Downloading a file from the first place that has it. Internal to src/fetch.
#pragma once

#include <cebm/fetch.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// The URLs to try for a file, in order. A mirror that ends with the file's name is taken as it is, any other one as a
/// folder. Throws ConfigError if a mirror is no http, https or file URL, or if there is no URL at all.
std::vector<std::string> urls_of(const DataSource& source, const DataFile& file, const FetchOptions& options);

/// Fetches `file` to `target`, which is written only with the right content. Returns false if should_stop ended it.
/// Throws DataError with the reason of every place, or IoError.
bool download(const DataFile& file, const std::vector<std::string>& urls, const std::filesystem::path& target,
              const FetchOptions& options, const FetchCallbacks& callbacks);

}  // namespace cebm
