// What has changed between the run that is resumed and what it is resumed with.
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

/// Differences between two configurations, by key. What is harmless its definition says (Fields::harmless).
std::vector<ConfigChange> config_changes(const Options& before, const Options& after);

/// What is done about changes.
struct ChangePolicy {
  std::filesystem::path directory;  ///< of the run, for messages
  bool force = false;               ///< none is refused
  std::function<void(const std::string&)> say;
};

/// Says what has changed since the checkpoint's resolved configuration `before` was written. Throws ConfigError if that
/// makes it another experiment.
void require_same_experiment(const std::string& before, const RunConfig& now, const ChangePolicy& policy);

/// {images, sha256} of the pixels that a training sees; where they lie is no part of it.
nlohmann::json images_of(const Dataset& data);
/// Compares them with the part "progress" of the checkpoint; those of older versions do not say. Throws ConfigError.
void require_same_images(const Checkpoint& before, const nlohmann::json& now, const ChangePolicy& policy);

}  // namespace cebm
