#include <cebm/checkpoint.h>
#include <cebm/config.h>
#include <cebm/errors.h>

#include <algorithm>
#include <charconv>
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

/// checkpoint.every in a checkpoint's configuration; 0 if it cannot be read.
std::int64_t recorded_interval(const std::filesystem::path& checkpoint) {
  try {
    const ConfigNode config = load_config(checkpoint / checkpoint_files::kConfig);
    const ConfigNode* const section = config.find("checkpoint");
    const ConfigNode* const every = section != nullptr ? section->find("every") : nullptr;
    std::int64_t value = 0;
    if (every != nullptr) std::from_chars(every->scalar.data(), every->scalar.data() + every->scalar.size(), value);
    return value;
  } catch (const Error&) {  // damaged: whoever loads the checkpoint says so
    return 0;
  }
}

}  // namespace

std::vector<std::uint64_t> superseded_checkpoints(std::vector<std::uint64_t> steps, const Retention& retention,
                                                  const std::vector<std::uint64_t>& also_regular) {
  if (steps.empty() || retention.keep_last <= 0) return {};
  std::ranges::sort(steps);
  std::vector<std::uint64_t> regular;
  std::ranges::copy_if(steps, std::back_inserter(regular), [&](std::uint64_t step) {
    return is_multiple(step, retention.every) || std::ranges::find(also_regular, step) != also_regular.end();
  });
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

std::vector<std::uint64_t> regular_checkpoints(const std::filesystem::path& directory, std::int64_t every) {
  std::vector<std::uint64_t> steps;
  for (const std::filesystem::path& folder : list_checkpoints(directory)) {
    const std::uint64_t step = *checkpoint_files::step_of(folder);
    if (is_multiple(step, every) || is_multiple(step, recorded_interval(folder))) steps.push_back(step);
  }
  return steps;
}

void prune_checkpoints(const std::filesystem::path& directory, const Retention& retention) {
  if (retention.keep_last <= 0) return;
  const std::vector<std::uint64_t> superseded =
      superseded_checkpoints(checkpoint_steps(directory), retention, regular_checkpoints(directory, retention.every));
  for (const std::filesystem::path& folder : list_checkpoints(directory))
    if (std::ranges::binary_search(superseded, *checkpoint_files::step_of(folder)))
      remove_folder(folder, checkpoint_files::kManifest);
}

}  // namespace cebm
