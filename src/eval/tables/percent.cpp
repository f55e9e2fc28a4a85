#include "eval/tables/percent.h"

#include "base/fixed_text.h"

namespace cebm {

std::string percent_text(double percent) { return fixed_text(percent, 1); }

}  // namespace cebm
