// Configurations and results as names with values, for TensorBoard.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tensorboard/summary.h"

namespace cebm {

/// The settings of a configuration by their full keys: numbers, booleans, lists as "[1, 2]", everything else as text.
/// Throws ConfigError if the YAML is invalid.
std::vector<std::pair<std::string, HyperParameter>> settings_of(const std::string& yaml);

/// The numbers in a result by their paths, "spaces/latent/10/mean". In lists, only items with a "name" count.
std::vector<std::pair<std::string, double>> numbers_in(const nlohmann::json& result);

/// A Markdown block that shows the text as it is.
std::string markdown_block(const std::string& text);

}  // namespace cebm
