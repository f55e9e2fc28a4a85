// Percentages in tables.
#pragma once

#include <string>

namespace cebm {

/// 46.08 -> "46.1"
std::string percent_text(double percent);

}  // namespace cebm
