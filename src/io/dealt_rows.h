/// Tensors whose rows were dealt to ranks (state.h), put together again. Internal to src/io.
#pragma once

#include <cebm/safetensors.h>

#include <vector>

namespace cebm {

/// The whole tensors, from those of the ranks in their order: row i of the whole is row i / R of rank i mod R. Throws
/// std::invalid_argument, with what is wrong, if they do not fit together.
TensorMap put_together(const std::vector<TensorMap>& of_ranks);

}  // namespace cebm
