// Numbers in files and pages, with a point whatever locale the process has: a program that embeds the library, or
// Python, may have set one with a comma.
#pragma once

#include <string>

namespace cebm {

/// `value` with so many decimals (0 to 17).
std::string fixed_text(double value, int decimals);
/// As fixed_text where that is shorter, otherwise with an exponent; so many significant digits (1 to 17), no zeros at
/// the end. printf's %g.
std::string general_text(double value, int digits);
/// With an exponent of at least two digits and so many decimals. printf's %e.
std::string scientific_text(double value, int decimals);
/// "1.50 ± 0.25", both with so many decimals.
std::string plus_minus_text(double value, double error, int decimals);

}  // namespace cebm
