#include <cebm/checkpoint.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/durable/new_folder.h"
#include "io/checkpoint_files.h"

namespace cebm {

namespace {

bool is_multiple(std::uint64_t step, std::int64_t of) { return of > 0 && step % static_cast<std::uint64_t>(of) == 0; }

/// Keeps the newest of `steps` (ascending) that is at least `margin` before the last, or else the oldest; then one per
/// margin after it.
std::set<std::uint64_t> spaced(const std::vector<std::uint64_t>& steps, std::uint64_t margin) {
  std::set<std::uint64_t> kept;
  for (const std::uint64_t step : steps) {
    if (kept.empty() || step + margin <= steps.back())
      kept = {step};
    else if (step >= *kept.rbegin() + margin)
      kept.insert(step);
  }
  return kept;
}

}  // namespace

std::vector<std::uint64_t> superseded_checkpoints(std::vector<std::uint64_t> steps, const Retention& retention) {
  if (steps.empty() || retention.keep_last <= 0) return {};
  std::ranges::sort(steps);
  std::vector<std::uint64_t> regular;
  std::ranges::copy_if(steps, std::back_inserter(regular),
                       [&](std::uint64_t step) { return is_multiple(step, retention.every); });
  std::set<std::uint64_t> kept = spaced(regular, static_cast<std::uint64_t>(retention.margin));
  kept.insert(steps.back());
  const auto last = std::min(std::ssize(regular), static_cast<std::ptrdiff_t>(retention.keep_last));
  kept.insert(regular.end() - last, regular.end());
  // Of all steps: what was kept for good stays when `every` changes.
  for (const std::uint64_t step : steps)
    if (is_multiple(step, retention.keep_every)) kept.insert(step);
  std::erase_if(steps, [&](std::uint64_t step) { return kept.contains(step); });
  return steps;
}

void prune_checkpoints(const std::filesystem::path& directory, const Retention& retention) {
  const std::vector<std::uint64_t> superseded = superseded_checkpoints(checkpoint_steps(directory), retention);
  for (const std::filesystem::path& folder : list_checkpoints(directory))
    if (std::ranges::binary_search(superseded, *checkpoint_files::step_of(folder)))
      remove_folder(folder, checkpoint_files::kManifest);
}

}  // namespace cebm
