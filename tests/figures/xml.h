// What tests of SVG look for.
#pragma once

#include <regex>
#include <string>
#include <vector>

namespace cebm {

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// What is wrong with a document of elements, attributes and escaped text, where reading stopped; empty if nothing.
inline std::string xml_error(const std::string& xml) {
  static const std::regex tag(R"(<(/?)([a-z]+)((?: [A-Za-z0-9:-]+="[^"<]*")*)(/?)>)");
  std::vector<std::string> open;
  std::size_t at = 0;
  for (std::sregex_iterator match(xml.begin(), xml.end(), tag), end; match != end; ++match) {
    const auto begin = static_cast<std::size_t>(match->position());
    const std::string text = xml.substr(at, begin - at);
    if (text.find('<') != std::string::npos || (open.empty() && at > 0)) return "text " + text;
    const std::string name = (*match)[2];
    if ((*match)[1].length() == 0) {
      if ((*match)[4].length() == 0) open.push_back(name);
    } else {
      if (open.empty() || open.back() != name) return "end of " + name;
      open.pop_back();
    }
    at = begin + static_cast<std::size_t>(match->length());
  }
  if (std::regex_search(xml, std::regex("&(?!(amp|lt|gt|quot);)"))) return "an ampersand";
  for (const char c : xml)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return "a control character";
  return !open.empty() ? "no end of " + open.back() : xml.substr(at) == "\n" ? "" : "what follows";
}

}  // namespace cebm
