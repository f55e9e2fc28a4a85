/// Steps between a YAML text and a ConfigNode, for the files of this folder.
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

/// YAML's other way to write no value; where a path is expected it is the home directory.
inline constexpr const char* kTilde = "~";

/// Parses one YAML document of any kind. `where` is what messages call the text; its line 0 means that lines are of no
/// interest. `depth` levels are already used up. Throws ConfigError.
ConfigNode parse_yaml(const std::string& text, const SourceLocation& where, std::size_t depth = 0);

/// Throws ConfigError unless `root`, the whole of a file, is a map.
void require_map(const ConfigNode& root);

/// Lays `over` on top of `base`: maps key by key, everything else replaced. A scalar meets a map as {name: scalar};
/// where the name changes, the base's other keys go.
void merge_config(ConfigNode& base, ConfigNode over);

}  // namespace cebm
