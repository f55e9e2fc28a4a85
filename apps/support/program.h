// What all programs share: flags, exit codes, signals.
#pragma once

#include <cebm/dataset.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>

namespace cebm::app {

/// Flags that every program takes.
struct CommonFlags {
  std::string device = "auto";
  int threads = 0;  ///< 0: default_threads()
  std::filesystem::path data_root;
  bool verbose = false;
  bool quiet = false;

  void add_to(CLI::App& app);
  /// Sets log level and thread count, and returns the device. Throws ConfigError.
  torch::Device apply() const;
};

/// Adds --version, parses the command line, runs `body`, and turns errors into one message and an exit code:
/// 0 done, 1 failure while running, 2 bad usage or configuration, 3 diverged.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

/// SIGINT and SIGTERM: the first is remembered, a second one ends the program at once.
void watch_stop_signals();
/// 0, or the signal that asked to stop.
int stop_signal();

/// SIGUSR1 is remembered as a request to save.
void watch_save_signal();
/// Whether there was one since the last call.
bool take_save_request();

}  // namespace cebm::app
