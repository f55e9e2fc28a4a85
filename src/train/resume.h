// What may change between the run that is resumed and the configuration it is resumed with.
#pragma once

#include <string>
#include <vector>

namespace cebm {

/// Lines "key: old -> new" of every key whose change would make the resumed run another experiment. Both are resolved
/// configurations. Length of the run, checkpointing and logging may change.
std::vector<std::string> refused_changes(const std::string& old_config, const std::string& new_config);

}  // namespace cebm
