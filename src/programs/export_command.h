// cebm-eval export: a run's weights alone, as a run of their own.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cebm::app {

/// Adds the subcommand; parsing it sets `chosen` to its action.
void add_export_command(CLI::App& cli, std::function<int()>& chosen);

}  // namespace cebm::app
