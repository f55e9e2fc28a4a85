#include "support/command_line.h"

namespace cebm::app {

void CommandLine::add(const std::string& flag, const std::string& value) {
  constexpr const char* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
  if (!value.empty() && value.find_first_not_of(kPlain) == std::string::npos) {
    text_ += " " + flag + " " + value;
    return;
  }
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  text_ += " " + flag + " " + quoted + "'";
}

}  // namespace cebm::app
