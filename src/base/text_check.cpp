#include "base/text_check.h"

#include <cebm/text.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace cebm {

namespace {

struct Lead {
  std::size_t length;       // bytes of the character, 0: not a first byte
  unsigned char low, high;  // range of its second byte: excludes overlong forms, surrogates, beyond U+10FFFF
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20; }

// Length of the character that starts at `at`, 0 if there is none.
std::size_t character_length(std::string_view bytes, std::size_t at) {
  const Lead lead = lead_of(static_cast<unsigned char>(bytes[at]));
  if (lead.length < 2) return lead.length;
  if (bytes.size() - at < lead.length) return 0;
  const auto second = static_cast<unsigned char>(bytes[at + 1]);
  if (second < lead.low || second > lead.high) return 0;
  for (std::size_t k = 2; k < lead.length; ++k) {
    if (!is_continuation(bytes[at + k])) return 0;
  }
  return lead.length;
}

/// Whether a terminal may obey the character: C0, delete, and C1, in UTF-8 or as a byte by itself.
bool is_obeyed(std::string_view character) {
  const auto last = static_cast<unsigned char>(character.back());
  if (character.size() == 1) return last < 0x20 || (last >= 0x7F && last <= 0x9F);
  return character.size() == 2 && character.front() == '\xC2' && last <= 0x9F;
}

}  // namespace

std::size_t find_non_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const char byte = bytes[at];
    if (is_control(byte) && byte != '\t' && byte != '\n' && byte != '\r') return at;
    const std::size_t length = character_length(bytes, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string readable(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_length(bytes, at);
    if (length > 0) {
      text += bytes.substr(at, length);
      at += length;
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\x%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(bytes[at])));
    text += escape.data();
    ++at;
  }
  return text;
}

std::string without_controls(std::string_view bytes, std::string_view kept) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view character = bytes.substr(at, std::max<std::size_t>(character_length(bytes, at), 1));
    const bool is_kept = !is_obeyed(character) || kept.find(character) != std::string_view::npos;
    text += is_kept ? character : "?";
    at += character.size();
  }
  return text;
}

std::string printable(std::string_view bytes) { return without_controls(readable(bytes)); }

std::string clip(std::string_view text) {
  constexpr std::size_t limit = 60;
  std::size_t end = text.size();
  if (end > limit) {
    end = limit;
    while (end > 0 && is_continuation(text[end])) --end;
  }
  const std::string clipped = without_controls(text.substr(0, end));
  return end < text.size() ? clipped + "..." : clipped;
}

}  // namespace cebm
