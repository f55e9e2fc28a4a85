// What may change between the run that is resumed and the configuration it is resumed with.
#pragma once

#include <cebm/trainer.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cebm {

/// A setting whose change leaves the experiment what it is. A key that ends in a dot stands for a section.
struct HarmlessSetting {
  const char* key;
  const char* reason;
};

/// The one list of them; a change of any other setting makes the run another experiment.
std::span<const HarmlessSetting> harmless_settings();

struct ConfigChange {
  std::string key;
  std::string before;
  std::string after;
  bool harmless = false;
  std::string describe() const;  ///< "train.steps: 100 -> 200"
};

/// Differences between two resolved configurations, by key.
std::vector<ConfigChange> config_changes(const std::string& before, const std::string& after);

/// Holds the configuration against that of the checkpoint; `say` hears what has changed and may. Throws ConfigError
/// that lists what makes it another experiment, unless plan.force is set.
void check_changes(const RunConfig& config, const Checkpoint& checkpoint, const TrainPlan& plan,
                   const std::function<void(const std::string&)>& say);

}  // namespace cebm
