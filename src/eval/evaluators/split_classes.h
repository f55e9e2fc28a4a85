// Labels of two splits that mean the same.
#pragma once

#include <string>
#include <vector>

namespace cebm {

/// Throws DataError that starts with `evaluator` and names the first class that differs unless both splits of the set
/// `data` number the same classes in the same order: only then can a label of one be compared with a label of the
/// other.
void require_same_classes(const std::vector<std::string>& train, const std::vector<std::string>& test,
                          const std::string& evaluator, const std::string& data);

}  // namespace cebm
