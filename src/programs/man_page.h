// A program's manual page, from what its command line is.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cebm::app {

/// In the macros of man(7), section 1: the program, its flags, its subcommands with theirs, and exit codes.
std::string man_page(const CLI::App& program);

}  // namespace cebm::app
