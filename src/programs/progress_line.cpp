#include "programs/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace cebm::app {

bool progress_line_available() {
  static const bool available = isatty(STDERR_FILENO) == 1;
  return available;
}

void set_progress_line(const std::string& text) {
  if (!progress_line_available()) return;
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
}

void clear_progress_line() { set_progress_line(""); }

}  // namespace cebm::app
