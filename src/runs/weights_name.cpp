#include "runs/weights_name.h"

#include <cebm/errors.h>

namespace cebm {

Weights weights_named(const std::string& name) {
  for (const Weights weights : {Weights::average, Weights::live}) {
    if (name == name_of(weights)) return weights;
  }
  throw ConfigError("weights: expected 'average' or 'live', found '" + name + "'");
}

}  // namespace cebm
