#include "programs/command_line.h"

#include <cebm/shell.h>

namespace cebm::app {

void CommandLine::add(const std::string& flag, const std::string& value) {
  // A value that begins with '-' must not be taken for a flag.
  text_ += " " + flag + (value.starts_with('-') ? "=" : " ") + shell_word(value);
}

}  // namespace cebm::app
