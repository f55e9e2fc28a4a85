// Logging of the programs: plain lines on standard error. Standard output is for results.
#pragma once

#include <string>

namespace cebm::app {

/// -1: errors alone, 0: also warnings, 1: also info, 2: also debug.
void set_verbosity(int level);

/// Without control characters (base/text_check.h) but line breaks, for messages have several lines.
void debug(const std::string& text);
void info(const std::string& text);
void warn(const std::string& text);
void error(const std::string& text);

/// A message of the library: a warning if it begins with "warning: ".
void say(const std::string& text);

}  // namespace cebm::app
