// A program's manual page, generated from its command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cebm::app {

/// Returns a page of section 1 in the macros of man(7): the program, its flags, its subcommands with their flags, exit
/// codes and environment variables.
std::string man_page(const CLI::App& program);

}  // namespace cebm::app
