// Configurations and results as TensorBoard wants them: names with values.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tensorboard/summary.h"

namespace cebm {

/// The settings of a configuration by their full keys: numbers, true and false, all else as text, lists as "[1, 2]".
/// Throws ConfigError if the YAML is none.
std::vector<std::pair<std::string, HyperParameter>> settings_of(const std::string& yaml);

/// The numbers in a result by their places, "spaces/latent/10/mean". Of lists only those whose items have a "name".
std::vector<std::pair<std::string, double>> numbers_in(const nlohmann::json& result);

/// A Markdown block that shows the text as it is.
std::string markdown_block(const std::string& text);

}  // namespace cebm
