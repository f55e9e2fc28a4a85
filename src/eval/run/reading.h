// A set that evaluators want to see, once for all of them.
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
  std::shared_ptr<Dataset> data = nullptr;  ///< none before it is needed, or where an optional set is missing
  std::string missing = {};                 ///< why
  SetSource source = {};
  std::vector<std::pair<std::size_t, std::size_t>> listeners = {};  ///< evaluation, its feed
};

inline void say(const EvaluationPlan& plan, const std::string& text) {
  if (plan.message) plan.message(text);
}

}  // namespace cebm
