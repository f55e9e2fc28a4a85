/// Reassembling tensors whose rows were distributed over the ranks (state.h). Internal to src/io.
#pragma once

#include <cebm/safetensors.h>

#include <vector>

namespace cebm {

/// Returns the whole tensors from those of the ranks, given in rank order: row i of the whole is row i / R of rank
/// i mod R. Throws std::invalid_argument with the reason if they do not fit together.
TensorMap put_together(const std::vector<TensorMap>& of_ranks);

}  // namespace cebm
