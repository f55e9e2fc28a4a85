// Check that two splits number the same classes alike.
#pragma once

#include <string>
#include <vector>

namespace cebm {

/// Throws DataError that starts with `evaluator` and names the first class that differs, unless both splits of the set
/// `data` have the same classes in the same order: only then are labels of the two splits comparable.
void require_same_classes(const std::vector<std::string>& train, const std::vector<std::string>& test,
                          const std::string& evaluator, const std::string& data);

}  // namespace cebm
