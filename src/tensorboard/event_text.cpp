#include "tensorboard/event_text.h"

#include <cebm/config.h>

#include <charconv>

namespace cebm {

namespace {

HyperParameter parameter_of(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (!text.empty() && read.ec == std::errc() && read.ptr == end) return number;
  return text;
}

std::string list_of(const ConfigNode& node) {
  std::string text;
  for (const ConfigNode& item : node.items) text += (text.empty() ? "" : ", ") + item.scalar;
  return "[" + text + "]";
}

void add_settings(const ConfigNode& node, const std::string& key,
                  std::vector<std::pair<std::string, HyperParameter>>& settings) {
  if (node.kind == ConfigNode::Kind::scalar) settings.emplace_back(key, parameter_of(node.scalar));
  if (node.kind == ConfigNode::Kind::list) settings.emplace_back(key, list_of(node));
  for (const auto& [name, child] : node.children) add_settings(child, key.empty() ? name : key + "." + name, settings);
}

void add_numbers(const nlohmann::json& value, const std::string& place,
                 std::vector<std::pair<std::string, double>>& numbers) {
  const auto below = [&](const std::string& name) { return place.empty() ? name : place + "/" + name; };
  if (value.is_number()) numbers.emplace_back(place, value.get<double>());
  if (value.is_object()) {
    for (const auto& [name, child] : value.items()) add_numbers(child, below(name), numbers);
  }
  if (!value.is_array()) return;
  for (const nlohmann::json& item : value) {
    if (item.is_object() && item.contains("name") && item["name"].is_string()) {
      add_numbers(item, below(item["name"].get<std::string>()), numbers);
    }
  }
}

}  // namespace

std::vector<std::pair<std::string, HyperParameter>> settings_of(const std::string& yaml) {
  std::vector<std::pair<std::string, HyperParameter>> settings;
  add_settings(parse_config(yaml), "", settings);
  return settings;
}

std::vector<std::pair<std::string, double>> numbers_in(const nlohmann::json& result) {
  std::vector<std::pair<std::string, double>> numbers;
  add_numbers(result, "", numbers);
  return numbers;
}

std::string markdown_block(const std::string& text) {
  std::string block;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    block += "    " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return block;
}

}  // namespace cebm
