#include "base/cache_folder.h"

#include <cstdlib>

namespace cebm {

namespace fs = std::filesystem;

fs::path cache_folder() {
  const char* const given = std::getenv("XDG_CACHE_HOME");
  if (given != nullptr && fs::path(given).is_absolute()) return fs::path(given) / "cebm";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && fs::path(home).is_absolute()) return fs::path(home) / ".cache" / "cebm";
  return {};
}

}  // namespace cebm
