// Ranks that communicate through LibTorch's c10d: Gloo on CPUs, NCCL between GPUs.
#pragma once

#include <cebm/ranks.h>

#include <chrono>
#include <memory>
#include <string>

#include "dist/rank_place.h"

namespace cebm {

/// Whether this build can join ranks, and the libraries that it uses for that, as text for users.
bool can_join_ranks();
std::string rank_libraries();

/// Hosts a store in this process, on a free port that is written to `port`, for the lifetime of the returned object.
std::shared_ptr<void> host_store(std::uint16_t& port);

struct Joined {
  std::shared_ptr<Ranks> ranks;
  bool began_here = false;  ///< an earlier start by torchrun began the run; this one resumes it
};

/// How to join the other ranks.
struct JoinPlan {
  torch::Device device = torch::kCPU;  ///< where the exchanged tensors are
  std::chrono::seconds limit{600};     ///< timeout for the other ranks, when joining and later
  bool has_begun = false;              ///< a run already exists; torchrun's store keeps the value of the first start
};

/// Returns when all ranks have joined. Throws RanksError, or ConfigError if the build has no c10d.
Joined join_ranks(const RankPlace& place, const JoinPlan& plan);

}  // namespace cebm
