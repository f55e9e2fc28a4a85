// run.json of a run: how and where it was started.
#pragma once

#include <filesystem>
#include <string>

namespace cebm {

/// Text for people; unknown fields are empty.
struct RunOrigin {
  std::string config;   ///< name of the configuration, as shown to people
  std::string command;  ///< continues the run
  std::string version;
  std::string machine;
};

/// The origin of a run that this process trains.
RunOrigin origin_here(const std::string& config, const std::string& command);
/// Throws IoError.
void write_run_origin(const std::filesystem::path& run, const RunOrigin& origin);
/// All fields are empty if the file is missing, as in runs of older versions, or damaged.
RunOrigin read_run_origin(const std::filesystem::path& run);

}  // namespace cebm
