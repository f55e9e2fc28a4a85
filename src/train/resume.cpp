#include "train/resume.h"

#include <cebm/config.h>
#include <cebm/errors.h>

#include <algorithm>
#include <map>

namespace cebm {

namespace {

constexpr HarmlessSetting kHarmless[] = {
    {"train.steps", "how long the training goes on"},
    {"train.max_hours", "when it stops to be resumed"},
    {"train.max_energy", "what counts as divergence"},
    {"train.log_every", "rows of metrics"},
    {"train.sample_every", "pictures"},
    {"train.sample_count", "pictures"},
    {"checkpoint.", "what is saved and kept"},
    {"guard.policy", "what is done about divergence"},
    {"guard.max_energy_gap", "what counts as divergence"},
    {"guard.max_gap_drift", "what counts as divergence"},
    {"guard.drift_window", "what counts as divergence"},
    {"guard.max_gradient_norm", "what counts as divergence"},
    {"guard.max_pixels_saturated", "what counts as divergence"},
    {"guard.max_chain_rms", "what counts as divergence"},
    {"guard.max_gap_of_bound", "what counts as divergence"},
    {"guard.max_buffer_dead", "what counts as divergence"},
    {"guard.margin", "which checkpoint a rollback goes to"},
    {"guard.max_rollbacks", "when rolling back ends"},
};

bool is_harmless(const std::string& key) {
  return std::ranges::any_of(kHarmless, [&](const HarmlessSetting& setting) {
    const std::string_view name = setting.key;
    return name.ends_with('.') ? key.starts_with(name) : key == name;
  });
}

void flatten(const ConfigNode& node, const std::string& key, std::map<std::string, std::string>& leaves) {
  for (const auto& [name, child] : node.children) flatten(child, key.empty() ? name : key + "." + name, leaves);
  if (node.kind == ConfigNode::Kind::scalar) leaves[key] = node.scalar;
  if (node.kind == ConfigNode::Kind::list) {
    std::string text = "[";
    for (const auto& item : node.items) text += (text.size() > 1 ? ", " : "") + item.scalar;
    leaves[key] = text + "]";
  }
}

}  // namespace

std::span<const HarmlessSetting> harmless_settings() { return kHarmless; }

std::string ConfigChange::describe() const { return key + ": " + before + " -> " + after; }

std::vector<ConfigChange> config_changes(const std::string& before, const std::string& after) {
  std::map<std::string, std::string> old_leaves;
  std::map<std::string, std::string> new_leaves;
  flatten(parse_config(before), "", old_leaves);
  flatten(parse_config(after), "", new_leaves);
  std::map<std::string, std::string> all = old_leaves;
  all.insert(new_leaves.begin(), new_leaves.end());
  const auto value = [](const std::map<std::string, std::string>& leaves, const std::string& key) {
    const auto found = leaves.find(key);
    return found == leaves.end() ? std::string("(absent)") : found->second;
  };
  std::vector<ConfigChange> changes;
  for (const auto& [key, unused] : all) {
    ConfigChange change{key, value(old_leaves, key), value(new_leaves, key), is_harmless(key)};
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  return changes;
}

void check_changes(const RunConfig& config, const Checkpoint& checkpoint, const TrainPlan& plan,
                   const std::function<void(const std::string&)>& say) {
  RunConfig before(config.catalog());
  try {
    // Read, not compared as text: settings that came with a later version have their defaults.
    read_options(parse_config(checkpoint.config, "the configuration of " + checkpoint_name(checkpoint.step)), before);
  } catch (const ConfigError& cause) {
    if (!plan.force) throw;
    say(cause.what());
    return;
  }
  std::string refused;
  for (const ConfigChange& change : config_changes(dump_options(before), dump_options(config))) {
    if (change.harmless || plan.force) say("changed: " + change.describe());
    if (!change.harmless) refused += "\n  " + change.describe();
  }
  if (refused.empty() || plan.force) return;
  throw ConfigError(plan.directory.string() + ": the configuration differs from the run's in what it means:" + refused +
                    "\nStart another run with another --out, or resume all the same with --force-resume.");
}

}  // namespace cebm
