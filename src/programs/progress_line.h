// The one line at the bottom of a terminal that is written over and over.
#pragma once

#include <string>

namespace cebm::app {

/// True where standard error is a terminal.
bool progress_line_available();
/// Replaces the line; nothing where there is no terminal.
void set_progress_line(const std::string& text);
/// Removes the line so that other text can be written.
void clear_progress_line();

}  // namespace cebm::app
