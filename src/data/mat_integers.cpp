#include "data/mat_integers.h"

#include <cmath>

#include "data/mat_variable.h"

namespace cebm {

std::vector<std::int64_t> read_mat_integers(const std::filesystem::path& file, const std::string& name) {
  MatVariable variable(file, name);
  std::vector<std::int64_t> result;
  for (const double value : variable.read_numbers()) {
    if (!(std::abs(value) < 0x1p53) || value != std::floor(value)) {
      variable.fail("expected integers in '" + name + "', found " + std::to_string(value) + " as number " +
                    std::to_string(result.size() + 1));
    }
    result.push_back(static_cast<std::int64_t>(value));
  }
  return result;
}

}  // namespace cebm
