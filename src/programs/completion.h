// Completion scripts for shells, from what a program's command line is.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cebm::app {

/// Offers the flags of the program, its subcommands and theirs, and files where a flag takes a value:
///   eval "$(cebm-train --completion-bash)"
std::string bash_completion(const CLI::App& program);
/// The same as a file _<program> in zsh's fpath.
std::string zsh_completion(const CLI::App& program);

/// Adds --completion-bash, --completion-zsh and --man-page, which print what their names say and stop.
void add_completion(CLI::App& program);

}  // namespace cebm::app
