#include "eval/evaluators/split_classes.h"

#include <cebm/errors.h>

#include <algorithm>

namespace cebm {

void require_same_classes(const std::vector<std::string>& train, const std::vector<std::string>& test,
                          const std::string& evaluator, const std::string& data) {
  const auto [mine, other] = std::ranges::mismatch(train, test);
  if (mine == train.end() && other == test.end()) return;
  const auto at = [](const std::vector<std::string>& classes, auto place) {
    return place == classes.end() ? std::string("none") : "'" + *place + "'";
  };
  throw DataError(evaluator + ": data set " + data +
                  ": expected the same classes in the splits train and test, found " + at(train, mine) + " and " +
                  at(test, other) + " as class " + std::to_string(mine - train.begin()));
}

}  // namespace cebm
