// How users write which weights of a run they want.
#pragma once

#include <cebm/run.h>

#include <string>

namespace cebm {

constexpr const char* name_of(Weights weights) { return weights == Weights::live ? "live" : "average"; }

/// Throws ConfigError for another name.
Weights weights_named(const std::string& name);

}  // namespace cebm
