// What all programs share: flags, exit codes.
#pragma once

#include <cebm/dataset.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "programs/command_line.h"

namespace cebm::app {

class Company;

/// Flags that every program takes.
struct CommonFlags {
  std::string device = "auto";
  int threads = 0;  ///< 0: default_threads()
  std::filesystem::path data_root;
  bool verbose = false;
  bool quiet = false;

  void add_to(CLI::App& app);
  /// Sets log level and thread count, and returns the device. Throws ConfigError.
  torch::Device apply() const { return apply(nullptr); }
  /// The same for a process that works with others: they share the threads of the default, and each has a GPU of its
  /// own unless one is named.
  torch::Device apply(const Company* company) const;
  /// Those that were given, for a command that is to do the same.
  void add_to(CommandLine& line) const;
};

/// Replaces ~ at the start of a path by a home directory (home.h).
CLI::Validator home_expansion();

/// A flag or an argument that is one path, or several; in each a ~ that the shell left alone stands for a home
/// directory.
template <class Paths>
CLI::Option* add_path(CLI::App& app, const std::string& name, Paths& value, const std::string& help) {
  return app.add_option(name, value, help)->transform(home_expansion());
}

/// Secures the standard streams (streams.h), adds --version, parses the command line, runs `body`, and turns errors
/// into one message and an exit code: 0 done, 1 failure while running, 2 bad usage or configuration, 3 diverged.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

}  // namespace cebm::app
