// Reads settings that a user wrote.
#pragma once

#include <cebm/config.h>

namespace cebm::app {

/// read_options, with a warning for each setting that has no effect.
void read_settings(const ConfigNode& node, Options& options);

}  // namespace cebm::app
