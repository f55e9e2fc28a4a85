// The conditions (Fields::when) around the settings that are being visited.
#pragma once

#include <cebm/options.h>

#include <algorithm>
#include <vector>

namespace cebm {

class OpenConditions {
 public:
  void begin(const Condition& condition) { holds_.push_back(condition.holds); }
  void end() { holds_.pop_back(); }
  bool all_hold() const { return std::ranges::find(holds_, false) == holds_.end(); }

 private:
  std::vector<bool> holds_;
};

}  // namespace cebm
