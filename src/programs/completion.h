// Completion scripts for shells, generated from a program's command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cebm::app {

/// Completes the program's flags, its subcommands and their flags, and file names:
///   eval "$(cebm-train --completion-bash)"
std::string bash_completion(const CLI::App& program);
/// The same for zsh, to be saved as _<program> in its fpath.
std::string zsh_completion(const CLI::App& program);

/// Adds --completion-bash, --completion-zsh and --man-page, which print what their names say and stop.
void add_completion(CLI::App& program);

}  // namespace cebm::app
