#include <cebm/shell.h>
#include <cebm/text.h>

#include <array>
#include <cstdio>

namespace cebm {

namespace {

/// Quotes a name that is not valid text as $'caf\351', which the shell turns back into its bytes.
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

std::string shell_word(const std::string& word) {
  constexpr const char* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  if (readable(word) != word) return escaped(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace cebm
