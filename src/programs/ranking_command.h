// cebm-eval ranking: the metrics of out-of-distribution detection for scores that came from elsewhere.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cebm::app {

/// Adds the subcommand; when it is given, `chosen` becomes what it does: read two .npy files of scores and print the
/// metrics as JSON.
void add_ranking_command(CLI::App& cli, std::function<int()>& chosen);

}  // namespace cebm::app
