// A run's configuration in Python.
#pragma once

#include <cebm/config.h>
#include <cebm/run.h>

#include <memory>
#include <string>
#include <vector>

#include "module.h"

namespace cebm::python {

/// Everything a run can be told. What it was made from never changes.
class Config {
 public:
  explicit Config(std::unique_ptr<RunConfig> run) : run_(std::move(run)) {}

  /// A configuration file, which may extend others. Throws ConfigError.
  static Config load(const std::filesystem::path& file, const std::vector<std::string>& overrides);
  static Config parse(const std::string& yaml);
  /// With other values of some settings.
  Config with(const std::vector<std::string>& overrides) const;

  const RunConfig& run() const { return *run_; }
  std::string yaml() const { return dump_options(*run_); }

 private:
  std::shared_ptr<const RunConfig> run_;
};

}  // namespace cebm::python
