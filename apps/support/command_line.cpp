#include "support/command_line.h"

#include <cebm/text.h>

#include <array>
#include <cstdio>

namespace cebm::app {

namespace {

/// $'caf\351': what the shell takes for the bytes of a name that is no text.
std::string escaped(const std::string& bytes) {
  std::string text = "$'";
  for (const char c : bytes) {
    std::array<char, 8> octal{};
    std::snprintf(octal.data(), octal.size(), "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
    const bool plain = c >= ' ' && c < 0x7F && c != '\'' && c != '\\';
    text += plain ? std::string(1, c) : std::string(octal.data());
  }
  return text + "'";
}

}  // namespace

void CommandLine::add(const std::string& flag, const std::string& value) {
  constexpr const char* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
  if (!value.empty() && value.find_first_not_of(kPlain) == std::string::npos) {
    text_ += " " + flag + " " + value;
    return;
  }
  if (readable(value) != value) {
    text_ += " " + flag + " " + escaped(value);
    return;
  }
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  text_ += " " + flag + " " + quoted + "'";
}

}  // namespace cebm::app
