// The name of a component in a configuration, whether or not this program has that component.
#pragma once

#include <cebm/config.h>

#include <string>

namespace cebm {

/// The name of the variant `key`, written as `key: name` or as a map with the key `name`; empty where there is none.
std::string chosen_name(const ConfigNode& config, const std::string& key);

}  // namespace cebm
