#include <cebm/config.h>

#include <set>

#include "base/field_looker.h"
#include "base/option_text.h"

namespace cebm {

namespace {

using Kind = ConfigNode::Kind;

// Visits one section's settings and collects those that are written in `map` under a condition that does not hold.
class UnusedFinder final : public FieldLooker {
 public:
  UnusedFinder(const ConfigNode& map, std::string key, std::vector<UnusedSetting>& found)
      : map_(map), key_(std::move(key)), found_(found) {}

  void section(const char* name, Options& value, const char*) override { look_inside(name, value); }
  void variant(const char* name, Variant& value, const char*) override { look_inside(name, value.options()); }

  void absent(const char*, const std::string& only_with, const std::function<void(Fields&)>& describe) override {
    for (const std::string& name : field_names(describe)) {
      const ConfigNode* const node = map_.find(name);
      if (node != nullptr && !visited_.contains(name)) found_.push_back({key(name.c_str()), node->where, only_with});
    }
  }

 protected:
  void begin_condition(const Condition& condition) override { conditions_.push_back(condition); }
  void end_condition() override { conditions_.pop_back(); }

 private:
  void look(const char* name) override { read(name); }

  // Returns the node `name`, or null if there is none or a condition does not hold, in which case it is recorded.
  const ConfigNode* read(const char* name) {
    visited_.insert(name);
    const ConfigNode* const node = map_.find(name);
    if (node == nullptr || (node->kind == Kind::map && node->children.empty())) return nullptr;
    std::vector<std::string> missing;
    for (const Condition& condition : conditions_) {
      if (!condition.holds) missing.push_back(condition.text);
    }
    if (missing.empty()) return node;
    found_.push_back({key(name), node->where, join(missing, " and ")});
    return nullptr;
  }

  void look_inside(const char* name, Options& value) {
    const ConfigNode* const node = read(name);
    if (node == nullptr || node->kind != Kind::map) return;
    UnusedFinder inside(*node, key(name), found_);
    value.fields(inside);
  }

  std::string key(const char* name) const { return key_.empty() ? name : key_ + "." + name; }

  const ConfigNode& map_;
  std::string key_;
  std::vector<UnusedSetting>& found_;
  std::vector<Condition> conditions_;
  std::set<std::string> visited_;
};

}  // namespace

std::string UnusedSetting::describe() const {
  const std::string place = where.describe();
  return (place.empty() ? "" : place + ": ") + key + ": has no effect: it is read only with " + read_with;
}

std::vector<UnusedSetting> unused_settings(const ConfigNode& node, const Options& options) {
  std::vector<UnusedSetting> found;
  UnusedFinder finder(node, "", found);
  look_at_fields(options, finder);
  return found;
}

}  // namespace cebm
