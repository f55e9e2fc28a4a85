// The progress line at the bottom of a terminal, which is overwritten in place.
#pragma once

#include <string>

namespace cebm::app {

/// True where standard error is a terminal.
bool progress_line_available();
/// Replaces the line; does nothing without a terminal.
void set_progress_line(const std::string& text);
/// Removes the line so that other text can be written.
void clear_progress_line();

}  // namespace cebm::app
