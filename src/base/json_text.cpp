#include "base/json_text.h"

#include <cebm/text.h>

#include <algorithm>

namespace cebm {

namespace {

class TooDeep final : public nlohmann::json::exception {
 public:
  explicit TooDeep(const std::string& what) : exception(0, what.c_str()) {}
};

/// Offset at which the nesting becomes too deep; npos if none. Brackets inside strings do not count.
std::size_t find_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return at;
    } else if (c == ']' || c == '}') {
      depth = std::max(depth - 1, 0);
    }
  }
  return std::string_view::npos;
}

template <class Json>
Json made_readable(const Json& value) {
  if (value.is_string()) return readable(value.template get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  Json made = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array()) {
      made.push_back(made_readable(item));
    } else {
      made[readable(key)] = made_readable(item);
    }
  }
  return made;
}

}  // namespace

std::string dump_json(const nlohmann::json& value, int indent) { return made_readable(value).dump(indent); }
std::string dump_json(const nlohmann::ordered_json& value, int indent) { return made_readable(value).dump(indent); }

nlohmann::json parse_json(std::string_view text) {
  const std::size_t deep = find_too_deep(text);
  if (deep != std::string_view::npos) {
    throw TooDeep("at byte " + std::to_string(deep) + ": expected at most " + std::to_string(kMaxJsonDepth) +
                  " nested levels, found more");
  }
  return nlohmann::json::parse(text);
}

}  // namespace cebm
