// A run's configuration in Python.
#pragma once

#include <cebm/config.h>
#include <cebm/dataset.h>
#include <cebm/run.h>

#include <memory>
#include <string>
#include <vector>

#include "module.h"

namespace cebm::python {

/// All settings of a run. Immutable.
class Config {
 public:
  explicit Config(std::unique_ptr<RunConfig> run) : run_(std::move(run)) {}

  /// Reads a configuration file, which may extend others. Throws ConfigError.
  static Config load(const std::filesystem::path& file, const std::vector<std::string>& overrides);
  static Config parse(const std::string& yaml);
  /// Returns a copy with some settings overridden.
  Config with(const std::vector<std::string>& overrides) const;

  const RunConfig& run() const { return *run_; }
  std::string yaml() const { return dump_options(*run_); }

 private:
  std::shared_ptr<const RunConfig> run_;
};

/// `root` itself, a folder that holds data sets; empty for the default places. Throws ConfigError for anything else.
const std::filesystem::path& require_data_root(const std::filesystem::path& root);

/// A split of the run's data set below `root`, whose reading Ctrl-C can interrupt. Throws as require_data_root().
DataContext data_context(const Config& config, const std::filesystem::path& root, const std::string& split = "train");

}  // namespace cebm::python
