#include "dist/rank_place.h"

#include <cebm/errors.h>

#include <charconv>
#include <limits>

namespace cebm {

namespace {

constexpr int kFirstSlurmPort = 20000;
constexpr int kSlurmPorts = 10000;
constexpr int kPortsBetweenSteps = 1009;  ///< steps of a job may run at once, and so may jobs with adjacent numbers

class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  bool has(const char* name) const {
    const char* const value = environment_(name);
    return value != nullptr && *value != '\0';
  }
  std::string text(const char* name) const {
    if (!has(name)) throw ConfigError(std::string(name) + ": expected a value beside the other ranks', found none");
    return environment_(name);
  }
  std::int64_t integer(const char* name, std::int64_t low, std::int64_t high) const {
    const std::string found = text(name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), value);
    if (error == std::errc() && end == found.data() + found.size() && value >= low && value <= high) return value;
    throw ConfigError(std::string(name) + ": expected a number from " + std::to_string(low) + " to " +
                      std::to_string(high) + ", found '" + found + "'");
  }
  std::int64_t integer(const char* name, std::int64_t low, std::int64_t high, std::int64_t otherwise) const {
    return has(name) ? integer(name, low, high) : otherwise;
  }

 private:
  const Environment& environment_;
};

constexpr std::int64_t kMany = 1 << 20;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kPorts = std::numeric_limits<std::uint16_t>::max();

RankPlace of_torchrun(const Reader& read) {
  RankPlace place;
  place.size = static_cast<int>(read.integer("WORLD_SIZE", 1, kMany));
  place.rank = static_cast<int>(read.integer("RANK", 0, place.size - 1));
  place.local_rank = static_cast<int>(read.integer("LOCAL_RANK", 0, kMany, place.rank));
  place.host = read.text("MASTER_ADDR");
  place.port = static_cast<std::uint16_t>(read.integer("MASTER_PORT", 1, kPorts));
  const bool agent = read.has("TORCHELASTIC_USE_AGENT_STORE") && read.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  place.hosts_store = place.rank == 0 && !agent;
  place.restart = static_cast<int>(read.integer("TORCHELASTIC_RESTART_COUNT", 0, kMany, 0));
  return place;
}

RankPlace of_slurm(const Reader& read) {
  RankPlace place;
  place.size = static_cast<int>(read.integer("SLURM_STEP_NUM_TASKS", 1, kMany));
  place.rank = static_cast<int>(read.integer("SLURM_PROCID", 0, place.size - 1));
  place.local_rank = static_cast<int>(read.integer("SLURM_LOCALID", 0, kMany, 0));
  place.host = read.has("MASTER_ADDR") ? read.text("MASTER_ADDR") : first_host(read.text("SLURM_STEP_NODELIST"));
  const std::int64_t job = read.integer("SLURM_JOB_ID", 0, kMost, 0) % kSlurmPorts;
  const std::int64_t step = read.integer("SLURM_STEP_ID", 0, kMost, 0) % kSlurmPorts;
  const std::int64_t port = kFirstSlurmPort + (job + step * kPortsBetweenSteps) % kSlurmPorts;
  place.port = static_cast<std::uint16_t>(read.integer("MASTER_PORT", 1, kPorts, port));
  place.hosts_store = place.rank == 0;
  return place;
}

}  // namespace

std::optional<RankPlace> place_from(const Environment& environment) {
  const Reader read(environment);
  std::optional<RankPlace> place;
  if (read.has("RANK") && read.has("WORLD_SIZE")) {
    // A single process has no other ranks to join, but torchrun's agent may restart it.
    const bool alone = read.text("WORLD_SIZE") == "1" && !read.has("TORCHELASTIC_USE_AGENT_STORE");
    if (!alone) place = of_torchrun(read);
  } else if (read.has("SLURM_PROCID") && read.has("SLURM_STEP_NUM_TASKS")) {
    // Only a step that srun created: a batch script itself has a SLURM_PROCID too, but no other ranks.
    if (read.text("SLURM_STEP_NUM_TASKS") != "1") place = of_slurm(read);
  }
  return place;
}

std::string first_host(const std::string& list) {
  std::string host;
  for (std::size_t at = 0; at < list.size() && list[at] != ',';) {
    if (list[at] != '[') {
      host += list[at++];
      continue;
    }
    const std::size_t close = list.find(']', at);
    if (close == std::string::npos) throw ConfigError("SLURM_STEP_NODELIST: expected ']', found '" + list + "'");
    host += list.substr(at + 1, list.find_first_of(",-]", at) - at - 1);
    at = close + 1;
  }
  return host;
}

}  // namespace cebm
