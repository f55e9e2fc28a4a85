#include "models/prior.h"

#include <cebm/errors.h>

namespace cebm {

void require_prior(const ConjugateBias& bias, const std::string& model) {
  if (bias.statistic_sets() != 1) {
    throw ConfigError(model + ": a prior has no statistics: expected statistics: shared, found per_component");
  }
  if (bias.distribution().family->name() != GaussianFamily().name()) {
    throw ConfigError(model + ": expected a prior of the Gaussian family, found " + bias.distribution().family->name());
  }
}

}  // namespace cebm
