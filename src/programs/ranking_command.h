// cebm-eval ranking: the metrics of out-of-distribution detection for scores computed elsewhere.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cebm::app {

/// Adds the subcommand; parsing it sets `chosen` to its action, which reads two .npy files of scores and prints the
/// metrics as JSON.
void add_ranking_command(CLI::App& cli, std::function<int()>& chosen);

}  // namespace cebm::app
