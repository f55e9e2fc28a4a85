// Which stored results the paper's numbers may stand beside, in tables and in a run's report.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace cebm {

/// What sets a result apart from one of the run's own test set, "of the split train, not of test"; empty for a regular
/// one. `whole`: as read_result() returns it. `run_data`: the data set that the run was trained on.
std::string deviation_of(const nlohmann::json& whole, const std::filesystem::path& run, const std::string& run_data);

}  // namespace cebm
