// Compares a run with the configuration and the data with which it is resumed.
#pragma once

#include <cebm/run.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cebm {

struct ConfigChange {
  std::string key;
  std::string before;
  std::string after;
  bool harmless = false;
  std::string describe() const;  ///< "train.steps: 100 -> 200"
};

/// Differences between two configurations, by key. A setting's definition declares whether a change is harmless
/// (Fields::harmless).
std::vector<ConfigChange> config_changes(const Options& before, const Options& after);

/// The settings in use that describe what ends with the training's last step (Fields::ends_with_training), by key.
std::vector<std::string> keys_that_end_with_training(const Options& options);

/// How to react to changes.
struct ChangePolicy {
  std::filesystem::path directory;  ///< of the run, for messages
  bool force = false;               ///< accept every change
  std::function<void(const std::string&)> say;
};

/// Reports what has changed since the checkpoint's resolved configuration `before` was written. Throws ConfigError if a
/// change is not harmless or `before` cannot be read, unless policy.force is set. Warns of schedules that another
/// train.steps changes.
void require_same_experiment(const std::string& before, const RunConfig& now, const ChangePolicy& policy);

/// {images, sha256} of the pixels that a training sees, and "labels", a SHA-256, if it reads them. Paths are no part.
nlohmann::json data_of(const Dataset& data, bool with_labels);
/// Compares data_of() with the part "progress" of the checkpoint, as far as its version recorded it. Throws
/// ConfigError.
void require_same_data(const Checkpoint& before, const nlohmann::json& now, const ChangePolicy& policy);

}  // namespace cebm
