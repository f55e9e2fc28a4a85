#include "train/resume.h"

#include <cebm/config.h>

#include <map>
#include <set>

namespace cebm {

namespace {

void flatten(const ConfigNode& node, const std::string& key, std::map<std::string, std::string>& leaves) {
  for (const auto& [name, child] : node.children) flatten(child, key.empty() ? name : key + "." + name, leaves);
  if (node.kind == ConfigNode::Kind::scalar) leaves[key] = node.scalar;
  if (node.kind == ConfigNode::Kind::list) {
    std::string text = "[";
    for (const auto& item : node.items) text += (text.size() > 1 ? ", " : "") + item.scalar;
    leaves[key] = text + "]";
  }
}

bool may_change(const std::string& key) {
  static const std::set<std::string> keys{"train.steps", "train.max_energy", "train.log_every", "train.sample_every",
                                          "train.sample_count"};
  return keys.contains(key) || key.starts_with("checkpoint.");
}

}  // namespace

std::vector<std::string> refused_changes(const std::string& old_config, const std::string& new_config) {
  std::map<std::string, std::string> before;
  std::map<std::string, std::string> after;
  flatten(parse_config(old_config), "", before);
  flatten(parse_config(new_config), "", after);
  std::map<std::string, std::string> all = before;
  all.insert(after.begin(), after.end());
  const auto value = [](const std::map<std::string, std::string>& leaves, const std::string& key) {
    const auto found = leaves.find(key);
    return found == leaves.end() ? std::string("(absent)") : found->second;
  };
  std::vector<std::string> changes;
  for (const auto& [key, unused] : all) {
    const std::string old_value = value(before, key);
    const std::string new_value = value(after, key);
    if (old_value != new_value && !may_change(key)) changes.push_back(key + ": " + old_value + " -> " + new_value);
  }
  return changes;
}

}  // namespace cebm
