// The ranks: processes that work together on one task of a program.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dist/joined_ranks.h"
#include "programs/command_line.h"

namespace cebm::app {

struct RankFlags {
  int ranks = 0;      ///< number that this program starts on its machine; 0: taken from the environment
  int timeout = 600;  ///< seconds
  void add_to(CLI::App& app);
  /// Adds the flags that differ from their defaults.
  void add_to(CommandLine& line) const;
};

/// The processes of --ranks, or those that torchrun or srun has started, or none. The destructor waits for ranks that
/// were started here, and kills those that do not exit in time. They also end at once when this process ends without a
/// destructor, by a signal.
class Company {
 public:
  /// Starts the processes of --ranks, each with the arguments of this program. Throws ConfigError if --ranks
  /// contradicts torchrun or srun; IoError if a process cannot be started.
  Company(const RankFlags& flags, const std::vector<std::string>& arguments);
  ~Company();
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

  /// Nothing for a single process.
  const std::optional<RankPlace>& place() const { return place_; }
  bool leads() const { return !place_ || place_->rank == 0; }
  /// How many of the ranks share this machine's cores, as far as this program knows.
  int sharing() const { return sharing_; }
  /// Connects the ranks; returns a single rank if there are no others.
  Joined join(torch::Device device, bool has_begun) const;
  /// Calls `work`, which returns the program's exit code. An error that rank 0 has too is left to it to report: another
  /// rank returns the code alone. Such are ConfigError and NumericsError, and, of ranks that were started here, which
  /// read the same files, DataError, CheckpointError and LeadError.
  int run(const std::function<int()>& work) const;

 private:
  void start(int count, const std::vector<std::string>& arguments);

  int timeout_;
  bool was_started_here_;  ///< this process, by rank 0 of a --ranks
  int sharing_ = 1;
  std::optional<RankPlace> place_;
  std::shared_ptr<void> store_;
  std::vector<pid_t> children_;
};

}  // namespace cebm::app
