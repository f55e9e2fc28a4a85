// Checks that a bias can serve as the prior of a generator.
#pragma once

#include <cebm/bias.h>

#include <string>

namespace cebm {

/// Throws ConfigError that begins with `model` unless the bias is of the Gaussian family with shared statistics.
void require_prior(const ConjugateBias& bias, const std::string& model);

}  // namespace cebm
