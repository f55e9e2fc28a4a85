// The counter that identifies the noise of a Langevin step.
#pragma once

#include <cebm/langevin.h>
#include <cebm/random.h>

#include <cstddef>

#include "kernels/kernels.h"

namespace cebm {

/// For step number `step` of `steps`; `chains` is in the memory of the chains' device.
inline kernels::Counter counter_of(const LangevinSteps& steps, std::size_t step, const std::int64_t* chains) {
  return {.seed = steps.seed,
          .stream = static_cast<std::uint32_t>(Stream::langevin),
          .step = steps.first_step + step,
          .chains = chains};
}

}  // namespace cebm
