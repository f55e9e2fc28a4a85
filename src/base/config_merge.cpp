#include <cebm/errors.h>

#include <algorithm>

#include "base/config_tree.h"
#include "base/text_check.h"

namespace cebm {

namespace {

ConfigNode named(ConfigNode scalar) {
  ConfigNode map;
  map.where = scalar.where;
  map.children.emplace_back("name", std::move(scalar));
  return map;
}

bool changes_name(const ConfigNode& base, const ConfigNode& over) {
  const ConfigNode* before = base.find("name");
  const ConfigNode* after = over.find("name");
  return before && after && before->scalar != after->scalar;
}

}  // namespace

void merge_config(ConfigNode& base, ConfigNode over) {
  using Kind = ConfigNode::Kind;
  const bool base_has_keys = base.kind == Kind::map && !base.children.empty();
  const bool over_has_keys = over.kind == Kind::map && !over.children.empty();
  if (base_has_keys && over.kind == Kind::scalar) over = named(std::move(over));
  if (base.kind == Kind::scalar && over_has_keys) base = named(std::move(base));

  if (base.kind != Kind::map || over.kind != Kind::map || changes_name(base, over)) {
    base = std::move(over);
    return;
  }
  base.where = over.where;
  for (auto& [key, value] : over.children) {
    const auto mine = std::find_if(base.children.begin(), base.children.end(),
                                   [&name = key](const auto& child) { return child.first == name; });
    if (mine == base.children.end()) {
      base.children.emplace_back(std::move(key), std::move(value));
    } else {
      merge_config(mine->second, std::move(value));
    }
  }
}

namespace {

/// Whether YAML would read a part of `value` as a comment: from a # outside quotes, at the start or after a blank.
bool has_comment(const std::string& value) {
  char quote = '\0';
  char before = ' ';
  bool escaped = false;  // by a backslash, which double quotes alone know
  for (const char c : value) {
    const bool after_blank = before == ' ' || before == '\t';
    if (quote != '\0') {
      if (c == quote && !escaped) quote = '\0';
      escaped = c == '\\' && quote == '"' && !escaped;
    } else if (c == '#' && after_blank) {
      return true;
    } else if ((c == '"' || c == '\'') && (after_blank || before == '[' || before == '{' || before == ',')) {
      quote = c;
    }
    before = c;
  }
  return false;
}

// Parses "a.b.c=value" into nested maps.
ConfigNode parse_override(const std::string& assignment, int layer, const std::string& flag) {
  const SourceLocation where{flag + " " + clip(assignment), 0, layer};
  const auto equals = assignment.find('=');
  if (equals == std::string::npos) throw ConfigError(where.describe() + ": expected key=value, found no '='");

  std::vector<std::string> path(1);
  for (const char c : assignment.substr(0, equals)) {
    if (c == '.') {
      path.emplace_back();
    } else {
      path.back() += c;
    }
  }
  if (std::find(path.begin(), path.end(), "") != path.end()) {
    throw ConfigError(where.describe() + ": expected keys separated by single dots before '=', found an empty key");
  }
  if (path.size() > kMaxConfigDepth) {
    throw ConfigError(where.describe() + ": expected at most " + std::to_string(kMaxConfigDepth) +
                      " nested levels, found more");
  }

  const std::string value = assignment.substr(equals + 1);
  if (has_comment(value)) {
    throw ConfigError(where.describe() + ": expected a value, found # after a blank, which begins a comment; " +
                      "write the value in quotes: \"" + clip(assignment.substr(0, equals)) + "='...'\"");
  }
  ConfigNode node = parse_yaml(value, where, path.size());
  for (auto key = path.rbegin(); key != path.rend(); ++key) {
    ConfigNode map;
    map.where = where;
    map.children.emplace_back(std::move(*key), std::move(node));
    node = std::move(map);
  }
  return node;
}

}  // namespace

void apply_overrides(ConfigNode& node, const std::vector<std::string>& overrides, const std::string& flag) {
  ConfigNode together;  // so that a name drops no key that another override gives it, whichever comes first
  int layer = 0;
  for (const std::string& assignment : overrides) merge_config(together, parse_override(assignment, ++layer, flag));
  if (!overrides.empty()) merge_config(node, std::move(together));
}

}  // namespace cebm
