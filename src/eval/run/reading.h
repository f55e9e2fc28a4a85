// A data set that is read once for all evaluators that need it.
#pragma once

#include <cebm/evaluation.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eval/run/same_images.h"

namespace cebm {

struct Reading {
  Feed feed;
  std::shared_ptr<Dataset> data = nullptr;  ///< null before it is needed, or where an optional set is missing
  std::string missing = {};                 ///< why it is missing
  SetSource source = {};
  std::vector<std::pair<std::size_t, std::size_t>> listeners = {};  ///< indices: evaluation, its feed
};

inline void say(const EvaluationPlan& plan, const std::string& text) {
  if (plan.message) plan.message(text);
}

}  // namespace cebm
