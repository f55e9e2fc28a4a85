// The other processes that a program works with.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dist/joined_ranks.h"
#include "programs/command_line.h"

namespace cebm::app {

struct RankFlags {
  int ranks = 0;      ///< started by this program on its machine; 0: as the environment says
  int timeout = 600;  ///< seconds
  void add_to(CLI::App& app);
  /// Those that were given.
  void add_to(CommandLine& line) const;
};

/// The processes of --ranks, or those that torchrun or srun has started, or none. Ranks that were started here are
/// waited for at the end, and ended if they do not come to theirs.
class Company {
 public:
  /// Starts what --ranks asks for, each with the arguments of this program. Throws ConfigError.
  Company(const RankFlags& flags, const std::vector<std::string>& arguments);
  ~Company();
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

  /// Nothing for a process that is alone.
  const std::optional<RankPlace>& place() const { return place_; }
  bool leads() const { return !place_ || place_->rank == 0; }
  /// How many of the ranks share this machine's cores, as far as this program knows.
  int sharing() const { return sharing_; }
  /// Alone where there is no place.
  Joined join(torch::Device device, bool has_begun) const;

 private:
  void start(int count, const std::vector<std::string>& arguments);

  int timeout_;
  int sharing_ = 1;
  std::optional<RankPlace> place_;
  std::shared_ptr<void> store_;
  std::vector<pid_t> children_;
};

}  // namespace cebm::app
