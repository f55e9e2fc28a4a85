// The numbers of chain steps that a training has not used yet.
#pragma once

#include <cebm/errors.h>
#include <cebm/state.h>

#include <cstdint>

namespace cebm {

/// The first chain step after all that the saved training has made, so that chains from there reuse no noise, also
/// where a changed sampler makes fewer steps in a call. 0 where the state does not have it, as of earlier versions:
/// then it is the gradient steps times Sampler::most_steps().
inline std::uint64_t free_step_of(const State& state) {
  const auto found = state.values.find("free_step");
  if (found == state.values.end()) return 0;
  if (!found->is_number_unsigned()) {
    throw CheckpointError("value 'free_step': expected a whole number from 0, found " + found->dump());
  }
  return found->get<std::uint64_t>();
}

inline void keep_free_step(State& state, std::uint64_t step) { state.values["free_step"] = step; }

}  // namespace cebm
