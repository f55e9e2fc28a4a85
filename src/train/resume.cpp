#include "train/resume.h"

#include <cebm/config.h>
#include <cebm/errors.h>

#include <map>
#include <set>
#include <utility>

#include "base/field_looker.h"
#include "base/open_conditions.h"
#include "base/option_text.h"
#include "io/tensor_checksum.h"

namespace cebm {

namespace {

constexpr const char* kLabels = "labels";

void flatten(const ConfigNode& node, const std::string& key, std::map<std::string, std::string>& leaves) {
  for (const auto& [name, child] : node.children) flatten(child, key.empty() ? name : key + "." + name, leaves);
  if (node.kind == ConfigNode::Kind::scalar) leaves[key] = node.scalar;
  if (node.kind == ConfigNode::Kind::list) {
    std::string text = "[";
    for (const auto& item : node.items) text += (text.size() > 1 ? ", " : "") + item.scalar;
    leaves[key] = text + "]";
  }
}

/// Collects Fields::ends_with_training.
class EndFinder final : public FieldLooker {
 public:
  void section(const char* name, Options& value, const char*) override { descend(name, value); }
  void variant(const char* name, Variant& value, const char*) override { descend(name, value.options()); }
  void ends_with_training(const char* name) override {
    if (conditions_.all_hold()) keys_.push_back(prefix_ + name);
  }

  std::vector<std::string> take() { return std::move(keys_); }

 protected:
  void begin_condition(const Condition& condition) override { conditions_.begin(condition); }
  void end_condition() override { conditions_.end(); }

 private:
  void look(const char*) override {}

  void descend(const char* name, const Options& options) {
    const std::string above = std::exchange(prefix_, prefix_ + name + ".");
    look_at_fields(options, *this);
    prefix_ = above;
  }

  std::vector<std::string> keys_;
  std::string prefix_;
  OpenConditions conditions_;
};

}  // namespace

std::string ConfigChange::describe() const { return key + ": " + before + " -> " + after; }

std::vector<ConfigChange> config_changes(const Options& before, const Options& after) {
  std::map<std::string, std::string> old_leaves;
  std::map<std::string, std::string> new_leaves;
  flatten(parse_config(dump_options(before)), "", old_leaves);
  flatten(parse_config(dump_options(after)), "", new_leaves);
  const std::set<std::string> harmless = harmless_keys(after);
  std::map<std::string, std::string> all = old_leaves;
  all.insert(new_leaves.begin(), new_leaves.end());
  const auto value = [](const std::map<std::string, std::string>& leaves, const std::string& key) {
    const auto found = leaves.find(key);
    return found == leaves.end() ? std::string("(absent)") : found->second;
  };
  std::vector<ConfigChange> changes;
  for (const auto& [key, unused] : all) {
    ConfigChange change{key, value(old_leaves, key), value(new_leaves, key), harmless.contains(key)};
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<std::string> keys_that_end_with_training(const Options& options) {
  EndFinder finder;
  look_at_fields(options, finder);
  return finder.take();
}

void require_same_experiment(const std::string& before, const RunConfig& now, const ChangePolicy& policy) {
  RunConfig old(now.catalog());
  try {
    // Compared as options, not as text: settings that a later version added have their defaults.
    read_recorded_options(parse_config(before, "the checkpoint's configuration"), old);
  } catch (const ConfigError& cause) {
    if (!policy.force) throw;
    return policy.say(cause.what());
  }
  std::string refused;
  for (const ConfigChange& change : config_changes(old, now)) {
    if (change.harmless || policy.force) policy.say("changed: " + change.describe());
    if (!change.harmless) refused += "\n  " + change.describe();
  }
  if (!refused.empty() && !policy.force) {
    throw ConfigError(policy.directory.string() + ": the configuration differs from the run's in what it means:" +
                      refused + "\nStart another run with another --out, or resume all the same with --force-resume.");
  }
  const std::vector<std::string> courses = keys_that_end_with_training(now);
  if (old.train.steps == now.train.steps || courses.empty()) return;
  policy.say("warning: train.steps: " + std::to_string(old.train.steps) + " -> " + std::to_string(now.train.steps) +
             " changes the course of what ends with the training's last step (" + join(courses) +
             "): from here on it is that of a run of the new length");
}

nlohmann::json data_of(const Dataset& data, bool with_labels) {
  nlohmann::json json{{"images", data.size()}, {"sha256", checksum(data.images)}};
  if (with_labels) json[kLabels] = checksum(data.labels);
  return json;
}

void require_same_data(const Checkpoint& before, const nlohmann::json& now, const ChangePolicy& policy) {
  const auto part = before.parts.find("progress");
  if (part == before.parts.end() || !part->second.values.contains("data")) return;
  nlohmann::json then = part->second.values.at("data");
  nlohmann::json compared = now;
  // A change of objective has been judged already, and earlier versions recorded no labels.
  if (!then.contains(kLabels) || !now.contains(kLabels)) {
    then.erase(kLabels);
    compared.erase(kLabels);
  }
  if (then == compared) return;
  const bool same_images = then.at("sha256") == compared.at("sha256") && then.at("images") == compared.at("images");
  const std::string what = same_images ? "labels" : "images";
  const std::string change = "training " + what + ": " + then.dump() + " -> " + compared.dump();
  if (policy.force) return policy.say("changed: " + change);
  throw ConfigError(policy.directory.string() + ": the run was trained on other " + what + ":\n  " + change +
                    "\nStart another run with another --out, or resume all the same with --force-resume.");
}

}  // namespace cebm
