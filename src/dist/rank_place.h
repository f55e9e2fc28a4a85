// Where a process finds the others it works with: what torchrun, Slurm or cebm-train --ranks tell it by environment
// variables.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace cebm {

/// One process of several, and the store (c10d::TCPStore) through which they find each other.
struct RankPlace {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  ///< on its machine: which of its GPUs is this rank's
  std::string host;
  std::uint16_t port = 0;
  bool hosts_store = false;  ///< nobody else does: torchrun's agent, where there is one, hosts it
  int restart = 0;           ///< how often torchrun has started the processes again
};

/// Gives the value of an environment variable, or null.
using Environment = std::function<const char*(const char* name)>;

/// Nothing where the environment names no others: a process alone. Throws ConfigError for what cannot be read.
///   torchrun  RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT, TORCHELASTIC_USE_AGENT_STORE,
///             TORCHELASTIC_RESTART_COUNT; the first five also by hand
///   srun      SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID; MASTER_ADDR, or the first of SLURM_STEP_NODELIST;
///             MASTER_PORT, or a port that follows from SLURM_JOB_ID
std::optional<RankPlace> place_from(const Environment& environment);

/// The first machine of a Slurm list: "node[03-07,09],other" is node03.
std::string first_host(const std::string& list);

}  // namespace cebm
