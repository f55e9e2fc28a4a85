// run.json of a run: what it was started by, and where.
#pragma once

#include <filesystem>
#include <string>

namespace cebm {

/// All of it for people to read; what is not known is empty.
struct RunOrigin {
  std::string config;   ///< what people call its configuration
  std::string command;  ///< goes on with it
  std::string version;
  std::string machine;
};

/// Of a run that this process trains.
RunOrigin origin_here(const std::string& config, const std::string& command);
/// Throws IoError.
void write_run_origin(const std::filesystem::path& run, const RunOrigin& origin);
/// Nothing is known of runs of versions that wrote none, and where the file is damaged.
RunOrigin read_run_origin(const std::filesystem::path& run);

}  // namespace cebm
