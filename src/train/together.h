// What the ranks of a training (ranks.h) decide together.
#pragma once

#include <cebm/ranks.h>

#include <functional>
#include <optional>
#include <string>

#include "train/guard.h"

namespace cebm {

/// Calls `write` on rank 0; all ranks throw its IoError.
void lead_writes(Ranks& ranks, const std::function<void()>& write);

/// Returns on all ranks the finding of the lowest rank that has one.
std::optional<Finding> any_finding(Ranks& ranks, const std::optional<Finding>& own);

}  // namespace cebm
