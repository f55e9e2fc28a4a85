// cebm-eval tensorboard: event files for runs that have none.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cebm::app {

/// Adds the subcommand; parsing it sets `chosen` to its action.
void add_tensorboard_command(CLI::App& cli, std::function<int()>& chosen);

}  // namespace cebm::app
