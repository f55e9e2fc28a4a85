// Ranks that speak through LibTorch's c10d: Gloo on CPUs, NCCL between GPUs.
#pragma once

#include <cebm/ranks.h>

#include <chrono>
#include <memory>
#include <string>

#include "dist/rank_place.h"

namespace cebm {

/// Whether this build can join ranks, and what it speaks with, for people.
bool can_join_ranks();
std::string rank_libraries();

/// A store that this process hosts, on a port that is free (written to `port`); it lives as long as what is returned.
std::shared_ptr<void> host_store(std::uint16_t& port);

struct Joined {
  std::shared_ptr<Ranks> ranks;
  bool began_here = false;  ///< torchrun has started these processes before, and then there was nothing to go on from
};

/// How others are joined.
struct JoinPlan {
  torch::Device device = torch::kCPU;  ///< where tensors lie
  std::chrono::seconds limit{600};     ///< how long the others are waited for, now and later
  bool has_begun = false;              ///< there is something to go on from; remembered by torchrun's first start
};

/// Returns when all are there. Throws RanksError, and ConfigError where the build has no c10d.
Joined join_ranks(const RankPlace& place, const JoinPlan& plan);

}  // namespace cebm
