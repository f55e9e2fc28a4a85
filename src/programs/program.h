// What all programs share: flags, exit codes.
#pragma once

#include <cebm/dataset.h>
#include <cebm/run.h>

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
  /// The same for one of several ranks: the ranks divide the default number of threads, each gets its own GPU unless
  /// --device names one, and all but rank 0 log errors alone.
  torch::Device apply(const Company* company) const;
  /// Adds the flags that differ from their defaults to a command line that repeats this one.
  void add_to(CommandLine& line) const;
};

/// Replaces ~ at the start of a path by a home directory (home.h).
CLI::Validator home_expansion();

/// Adds a flag or argument that takes one path or several, and expands a leading ~ that the shell left alone in each.
template <class Paths>
CLI::Option* add_path(CLI::App& app, const std::string& name, Paths& value, const std::string& help) {
  return app.add_option(name, value, help)->transform(home_expansion());
}

/// A whole number from 0 to 2^64 - 1, in digits alone.
CLI::Validator unsigned_number();

/// Adds a flag that takes an unsigned number, and refuses others, which CLI11 would wrap around.
template <class Number>
CLI::Option* add_count(CLI::App& app, const std::string& name, Number& value, const std::string& help) {
  return app.add_option(name, value, help)->check(unsigned_number());
}

/// Adds --weights.
CLI::Option* add_weights(CLI::App& app, Weights& weights);

/// Secures the standard streams (streams.h), adds --version, parses the command line, runs `body`, and turns errors
/// into one message and an exit code: 0 done, 1 failure while running, 2 bad usage or configuration, 3 diverged.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

}  // namespace cebm::app
