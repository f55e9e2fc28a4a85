#include "train/checkpoint_keeper.h"

#include <cebm/errors.h>

#include <utility>

#include "train/together.h"

namespace cebm {

namespace fs = std::filesystem;

CheckpointKeeper::CheckpointKeeper(fs::path folder, const CheckpointOptions& options, const GuardOptions& guard,
                                   Say say, std::shared_ptr<Ranks> ranks)
    : folder_(std::move(folder)),
      retention_{.every = options.every,
                 .keep_last = options.keep_last,
                 .keep_every = options.keep_every,
                 .margin = guard.policy == GuardPolicy::off ? 0 : guard.margin},
      say_(std::move(say)),
      ranks_(std::move(ranks)) {}

std::optional<Checkpoint> CheckpointKeeper::found_by_lead(
    const std::function<std::optional<Checkpoint>()>& find) const {
  std::optional<Checkpoint> found;
  ranks_->lead([&] { found = find(); });
  const std::string name = ranks_->texts(found ? checkpoint_name(found->step) : "").front();
  if (!ranks_->leads() && !name.empty()) found = load_checkpoint(folder_ / name);
  return found;
}

std::optional<Checkpoint> CheckpointKeeper::open() {
  return found_by_lead([&] { return open_alone(); });
}

std::optional<Checkpoint> CheckpointKeeper::go_back(
    const std::function<std::optional<std::uint64_t>(const std::vector<std::uint64_t>&)>& choose) {
  return found_by_lead([&] { return go_back_alone(choose); });
}

std::optional<Checkpoint> CheckpointKeeper::open_alone() {
  std::vector<SkippedCheckpoint> skipped;
  auto found = load_newest_checkpoint(folder_, skipped);
  if (!found && !skipped.empty()) {
    std::string text = folder_.string() + ": no checkpoint is whole; remove the run's folder to start anew";
    for (const auto& skip : skipped) text += "\n  " + skip.folder.filename().string() + ": " + skip.reason;
    throw CheckpointError(text);
  }
  for (const auto& skip : skipped) {
    set_aside(skip.folder);
    say_("warning: skipped checkpoint " + skip.folder.string() + " (now " + skip.folder.filename().string() +
         ".damaged): " + skip.reason);
  }
  return found;
}

void CheckpointKeeper::prune() {
  ranks_->lead([&] { prune_checkpoints(folder_, retention_); });
}

void CheckpointKeeper::save(const Checkpoint& checkpoint) {
  const fs::path saved = save_checkpoint(folder_, checkpoint, *ranks_);
  lead_writes(*ranks_, [&] {
    point_to(saved);
    prune_checkpoints(folder_, retention_);
  });
}

void CheckpointKeeper::point_to(const fs::path& checkpoint) {
  const auto problem = mark_latest(checkpoint);
  if (problem && !said_) say_("warning: " + *problem + "; nothing depends on it");
  said_ = said_ || problem.has_value();
}

std::vector<std::uint64_t> CheckpointKeeper::regular() const { return regular_checkpoints(folder_, retention_.every); }

std::optional<Checkpoint> CheckpointKeeper::go_back_alone(
    const std::function<std::optional<std::uint64_t>(const std::vector<std::uint64_t>&)>& choose) {
  while (const auto step = choose(regular())) {
    const fs::path target = folder_ / checkpoint_name(*step);
    try {
      Checkpoint checkpoint = load_checkpoint(target);
      point_to(target);
      remove_checkpoints_after(folder_, *step);
      return checkpoint;
    } catch (const CheckpointError& cause) {
      say_("warning: skipped checkpoint " + target.string() + ": " + cause.what());
      set_aside(target);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> CheckpointKeeper::good_before(std::uint64_t step) const {
  std::optional<std::uint64_t> good;
  for (const std::uint64_t candidate : regular()) {
    if (candidate + static_cast<std::uint64_t>(retention_.margin) <= step) good = candidate;
  }
  return good;
}

}  // namespace cebm
