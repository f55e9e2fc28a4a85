#include "programs/settings.h"

#include "programs/log.h"

namespace cebm::app {

void read_settings(const ConfigNode& node, Options& options) {
  read_options(node, options);
  for (const UnusedSetting& setting : unused_settings(node, options)) warn(setting.describe());
}

}  // namespace cebm::app
