// What was measured, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "machine.h"
#include "parts.h"

namespace bench {

/// "AMD EPYC, 2 threads, peak 235 GFLOP/s float32, 470 bfloat16".
std::string describe(const Machine& machine);
/// A line: part, what, median (fastest .. slowest), GFLOP/s, share of the peak, memory, what the check found.
std::string describe(const Row& row, const Setting& setting, const Peak& peak);
nlohmann::json to_json(const Machine& machine);
nlohmann::json to_json(const Row& row, const Setting& setting, const Peak& peak);

}  // namespace bench
