// A run's configuration in Python.
#pragma once

#include <cebm/config.h>
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

}  // namespace cebm::python
