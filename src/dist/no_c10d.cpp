// In place of c10d_ranks.cpp where its headers are missing.
#include <cebm/errors.h>

#include "dist/joined_ranks.h"

namespace cebm {

namespace {

[[noreturn]] void missing() {
  throw ConfigError(
      "more than one rank: this program was built without Gloo's headers (Debian: libgloo-dev); build it with them, or "
      "run it as one process");
}

}  // namespace

bool can_join_ranks() { return false; }
std::string rank_libraries() { return "one process only: built without Gloo's headers"; }
std::shared_ptr<void> host_store(std::uint16_t&) { missing(); }
Joined join_ranks(const RankPlace&, const JoinPlan&) { missing(); }

}  // namespace cebm
