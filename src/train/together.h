// What the ranks of a training (ranks.h) decide together.
#pragma once

#include <cebm/ranks.h>

#include <functional>
#include <optional>
#include <string>

#include "train/guard.h"

namespace cebm {

/// Calls `write` on rank 0; its IoError is thrown with all ranks.
void lead_writes(Ranks& ranks, const std::function<void()>& write);

/// What any of the ranks has found, the same for all: that of the lowest.
std::optional<Finding> any_finding(Ranks& ranks, const std::optional<Finding>& own);

/// Throws ConfigError with all ranks unless `own` is the same with all; `what` for the message.
void require_same(Ranks& ranks, const std::string& what, const std::string& own);

}  // namespace cebm
