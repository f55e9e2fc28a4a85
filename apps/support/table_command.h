// cebm-eval table: the results of many runs in the layout of the paper's tables.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cebm {
struct Catalog;
}

namespace cebm::app {

/// Adds the subcommand; when it is given, `chosen` becomes what it does. The catalog must outlive it.
void add_table_command(CLI::App& cli, const Catalog& catalog, std::function<int()>& chosen);

}  // namespace cebm::app
