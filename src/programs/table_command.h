// cebm-eval table: the results of many runs in the layout of the paper's tables.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cebm::app {

/// Adds the subcommand; parsing it sets `chosen` to its action.
void add_table_command(CLI::App& cli, std::function<int()>& chosen);

}  // namespace cebm::app
