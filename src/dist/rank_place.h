// How a process finds the other ranks: environment variables that torchrun, Slurm or cebm-train --ranks set.
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
  int local_rank = 0;  ///< rank within its machine, which selects its GPU
  std::string host;
  std::uint16_t port = 0;
  bool hosts_store = false;  ///< true for rank 0 unless torchrun's agent hosts the store
  int restart = 0;           ///< number of restarts by torchrun
};

/// Returns the value of an environment variable, or null.
using Environment = std::function<const char*(const char* name)>;

/// Returns nothing for a process alone: the environment names no other ranks. Throws ConfigError for invalid values.
///   torchrun  RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT, TORCHELASTIC_USE_AGENT_STORE,
///             TORCHELASTIC_RESTART_COUNT; the first five also by hand
///   srun      SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID; MASTER_ADDR, or the first of SLURM_STEP_NODELIST;
///             MASTER_PORT, or a port that follows from SLURM_JOB_ID
std::optional<RankPlace> place_from(const Environment& environment);

/// The first machine of a Slurm node list: "node[03-07,09],other" gives node03.
std::string first_host(const std::string& list);

}  // namespace cebm
