/// Parsing YAML into a ConfigNode and merging nodes. Internal to src/base.
#pragma once

#include <cebm/config.h>

#include <cstddef>
#include <string>

namespace cebm {

/// Bounds on one configuration: bytes of a file, values in it, nested levels, files in an `extends` chain.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxConfigValues = 10000;
inline constexpr std::size_t kMaxConfigDepth = 32;
inline constexpr std::size_t kMaxConfigFiles = 32;

/// YAML's other notation for null; where a path is expected it is the home directory.
inline constexpr const char* kTilde = "~";

/// Parses one YAML document of any kind. `where` names the text in messages; if its line is 0, messages give no line
/// number. `depth` counts the nesting levels above the text. Throws ConfigError.
ConfigNode parse_yaml(const std::string& text, const SourceLocation& where, std::size_t depth = 0);

/// Throws ConfigError unless `root`, the whole of a file, is a map.
void require_map(const ConfigNode& root);

/// Merges `over` into `base`: maps key by key, any other value replaces the base's. A scalar that meets a map counts as
/// {name: scalar}; if the name changes, the base's other keys are dropped.
void merge_config(ConfigNode& base, ConfigNode over);

}  // namespace cebm
