#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/home.h>
#include <yaml-cpp/node/convert.h>
#include <yaml-cpp/node/node.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "base/config_tree.h"
#include "base/option_text.h"
#include "base/text_check.h"
#include "base/whole_number.h"

namespace cebm {

namespace {

using Kind = ConfigNode::Kind;

// "file:line: key: ", without the parts that are unknown.
std::string prefix_of(const SourceLocation& where, const std::string& key) {
  std::string prefix = where.describe();
  if (!prefix.empty()) prefix += ": ";
  if (!key.empty()) prefix += key + ": ";
  return prefix;
}

std::string describe_found(const ConfigNode& node) {
  if (node.kind == Kind::scalar) return "'" + clip(node.scalar) + "'";
  if (node.kind == Kind::list) return "a list";
  return node.children.empty() ? "nothing" : "a map";
}

[[noreturn]] void fail(const ConfigNode& node, const std::string& key, const std::string& expected) {
  throw ConfigError(prefix_of(node.where, key) + "expected " + expected + ", found " + describe_found(node));
}

// The whole scalar as a number; locale-independent, no leading or trailing characters.
std::optional<double> parse_number(const ConfigNode& node) {
  double value = 0.0;
  const char* end = node.scalar.data() + node.scalar.size();
  const auto result = std::from_chars(node.scalar.data(), end, value);
  if (node.kind != Kind::scalar || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::int64_t read_integer(const ConfigNode& node, const std::string& key, Range<std::int64_t> range,
                          const std::string& expected) {
  const auto value = node.kind == Kind::scalar ? whole_number(node.scalar) : std::nullopt;
  if (!value || *value < range.low || *value > range.high) fail(node, key, expected);
  return *value;
}

void check_word(const ConfigNode& node, const std::string& key, std::span<const std::string> allowed) {
  if (node.kind != Kind::scalar) fail(node, key, word_type(allowed));
  if (std::find(allowed.begin(), allowed.end(), node.scalar) != allowed.end()) return;
  const std::string near = nearest_name(node.scalar, {allowed.begin(), allowed.end()});
  throw ConfigError(prefix_of(node.where, key) + "expected " + word_type(allowed) + ", found " + describe_found(node) +
                    (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

// The items of "a, b", without the blanks around them; none in an empty text.
std::vector<ConfigNode> split_at_commas(const ConfigNode& text) {
  std::vector<ConfigNode> items;
  std::istringstream parts(text.scalar);
  for (std::string part; std::getline(parts, part, ',');) {
    ConfigNode item = text;
    const std::size_t begin = part.find_first_not_of(' ');
    item.scalar = begin == std::string::npos ? "" : part.substr(begin, part.find_last_not_of(' ') + 1 - begin);
    items.push_back(std::move(item));
  }
  return items;
}

/// Whether it is "1,5"; not "[1,5]" in quotes, which is a text.
bool is_short_list(const ConfigNode& node) {
  return node.kind == Kind::scalar && node.scalar.find(',') != std::string::npos &&
         node.scalar.find_first_of("[]") == std::string::npos;
}

// Whether settings that do not exist with the present choices (Fields::absent) are refused or ignored.
enum class Absent { refuse, ignore };

struct Reading {
  const ConfigNode& root;  // of the whole configuration
  Absent absent;
};

void read_map(const ConfigNode& map, const std::string& key, Options& options, std::vector<std::string> known,
              const Reading& reading);

class OptionReader final : public Fields {
 public:
  // `known` are keys that the caller has dealt with.
  OptionReader(const ConfigNode& map, std::string key, std::vector<std::string> known, const Reading& reading)
      : map_(map), key_(std::move(key)), known_(std::move(known)), reading_(reading) {}

  void integer(const char* name, std::int64_t& value, Range<std::int64_t> range, const char*) override {
    if (const auto* node = find(name)) value = read_integer(*node, key(name), range, integer_type(range));
  }

  void real(const char* name, double& value, Range<double> range, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    const auto number = parse_number(*node);
    if (!number || !std::isfinite(*number) || *number < range.low || *number > range.high) {
      fail(*node, key(name), number_type(range));
    }
    value = *number;
  }

  void boolean(const char* name, bool& value, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    if (node->kind != Kind::scalar || !YAML::convert<bool>::decode(YAML::Node(node->scalar), value)) {
      fail(*node, key(name), "true or false");
    }
  }

  void text(const char* name, std::string& value, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    if (node->kind != Kind::scalar) fail(*node, key(name), "text");
    value = node->scalar;
  }

  void path(const char* name, std::filesystem::path& value, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    const bool lone_tilde =
        node->kind == Kind::map && node->children.empty() && node->scalar == kTilde;  // which YAML reads as no value
    if (node->kind != Kind::scalar && !lone_tilde) fail(*node, key(name), "a path");
    try {
      value = expand_home(node->scalar);
    } catch (const ConfigError& error) {
      throw ConfigError(prefix_of(node->where, key(name)) + error.what());
    }
  }

  void word(const char* name, std::string& value, std::span<const std::string> allowed, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    check_word(*node, key(name), allowed);
    value = node->scalar;
  }

  void integers(const char* name, std::vector<std::int64_t>& value, Range<std::int64_t> range, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    if (node->kind != Kind::list && !is_short_list(*node)) fail(*node, key(name), integers_type(range));
    std::vector<std::int64_t> read;
    for (const ConfigNode& item : node->kind == Kind::list ? node->items : split_at_commas(*node)) {
      const std::string item_key = key(name) + "[" + std::to_string(read.size()) + "]";
      read.push_back(read_integer(item, item_key, range, integer_type(range)));
    }
    value = std::move(read);
  }

  void texts(const char* name, std::vector<std::string>& value, const char*) override {
    read_texts(name, value, "list of texts", [](const ConfigNode& item, const std::string& item_key) {
      if (item.kind != Kind::scalar || item.scalar.empty()) fail(item, item_key, "text that is not empty");
    });
  }

  void words(const char* name, std::vector<std::string>& value, std::span<const std::string> allowed,
             const char*) override {
    read_texts(name, value, words_type(allowed),
               [&](const ConfigNode& item, const std::string& item_key) { check_word(item, item_key, allowed); });
  }

  void section(const char* name, Options& value, const char*) override {
    if (const auto* node = find(name)) read_map(*node, key(name), value, {}, reading_);
  }

  void variant(const char* name, Variant& value, const char*) override {
    const auto* node = find(name);
    if (!node) return;
    if (node->kind == Kind::scalar) {
      select(value, *node, key(name));
    } else {
      if (node->kind != Kind::map) fail(*node, key(name), "a name, or a map with the key 'name'");
      if (const auto* chosen = node->find("name")) select(value, *chosen, key(name) + ".name");
      read_map(*node, key(name), value.options(), {"name"}, reading_);
    }
  }

  void absent(const char* choice, const std::string& only_with, const std::function<void(Fields&)>& describe) override {
    const ConfigNode* chosen = map_.find(choice);
    if (chosen == nullptr) chosen = reading_.root.find(choice);
    for (const std::string& name : field_names(describe)) {
      const ConfigNode* const node = map_.find(name);
      if (node == nullptr || std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      if (reading_.absent == Absent::ignore || (chosen != nullptr && node->where.layer < chosen->where.layer)) {
        known_.push_back(name);
        continue;
      }
      throw ConfigError(prefix_of(node->where, key(name)) + "there is such a setting only with " + only_with);
    }
  }

  void refuse_unknown() const {
    for (const auto& [name, node] : map_.children) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      // `section: word` may have become {name: word} where files were merged.
      if (name == "name" && node.kind == Kind::scalar && !key_.empty()) {
        fail(node, key_, "a section with the keys " + join(known_) + " and no name");
      }
      const std::string near = nearest_name(name, known_);
      throw ConfigError(prefix_of(node.where, key(clip(name))) + "unknown key; " +
                        (near.empty() ? "known keys: " + join(known_) : "did you mean '" + near + "'?"));
    }
  }

 private:
  std::string key(const std::string& name) const { return key_.empty() ? name : key_ + "." + name; }

  const ConfigNode* find(const char* name) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) {
      throw std::logic_error("two settings are called " + key(name));
    }
    known_.emplace_back(name);
    return map_.find(name);
  }

  template <class Check>
  void read_texts(const char* name, std::vector<std::string>& value, const std::string& type, const Check& check) {
    const auto* node = find(name);
    if (!node) return;
    if (node->kind == Kind::map) fail(*node, key(name), type);
    std::vector<std::string> read;
    for (const ConfigNode& item : node->kind == Kind::list ? node->items : split_at_commas(*node)) {
      const std::string item_key = key(name) + "[" + std::to_string(read.size()) + "]";
      check(item, item_key);
      if (std::find(read.begin(), read.end(), item.scalar) != read.end()) {
        throw ConfigError(prefix_of(item.where, item_key) + "expected every item once, found " + describe_found(item) +
                          " twice");
      }
      read.push_back(item.scalar);
    }
    value = std::move(read);
  }

  static void select(Variant& value, const ConfigNode& node, const std::string& key) {
    if (node.kind != Kind::scalar) fail(node, key, "a name");
    if (node.scalar == value.name()) return;  // keeps the options' present values, as a section does
    try {
      value.select(node.scalar);
    } catch (const ConfigError& error) {
      throw ConfigError(prefix_of(node.where, key) + error.what());
    }
  }

  const ConfigNode& map_;
  std::string key_;
  std::vector<std::string> known_;
  Reading reading_;
};

void read_map(const ConfigNode& map, const std::string& key, Options& options, std::vector<std::string> known,
              const Reading& reading) {
  if (map.kind != Kind::map) fail(map, key, "a section of keys");
  OptionReader reader(map, key, std::move(known), reading);
  options.fields(reader);
  reader.refuse_unknown();
}

}  // namespace

void read_options(const ConfigNode& node, Options& options) { read_map(node, "", options, {}, {node, Absent::refuse}); }

void read_recorded_options(const ConfigNode& node, Options& options) {
  read_map(node, "", options, {}, {node, Absent::ignore});
}

}  // namespace cebm
