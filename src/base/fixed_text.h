// Numbers in files that programs read.
#pragma once

#include <string>

namespace cebm {

/// `value` with so many decimals (0 to 17) and a point, whatever locale the process has: a program that embeds the
/// library, or Python, may have set one with a comma.
std::string fixed_text(double value, int decimals);

}  // namespace cebm
