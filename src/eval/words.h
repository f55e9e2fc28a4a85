// Lists in options: names separated by commas.
#pragma once

#include <string>
#include <vector>

namespace cebm {

/// The names in "a, b", without the blanks around them; none in an empty list.
/// Throws ConfigError naming `key` for an empty name and for one that comes twice.
std::vector<std::string> split_words(const std::string& list, const std::string& key);

}  // namespace cebm
