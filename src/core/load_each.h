// Loading the parts of a state that do not need each other.
#pragma once

#include <cebm/errors.h>

#include <functional>
#include <string>
#include <vector>

namespace cebm {

struct LoadedPart {
  std::string prefix;  ///< of its messages: "buffer: "
  std::function<void()> load;
};

/// Loads all parts, so that what one of them lacks keeps none of the others from reading its own. Throws one
/// CheckpointError with the messages of all that threw it.
inline void load_each(const std::vector<LoadedPart>& parts) {
  std::string missing;
  for (const LoadedPart& part : parts) {
    try {
      part.load();
    } catch (const CheckpointError& cause) {
      missing += (missing.empty() ? "" : "; ") + part.prefix + cause.what();
    }
  }
  if (!missing.empty()) throw CheckpointError(missing);
}

}  // namespace cebm
