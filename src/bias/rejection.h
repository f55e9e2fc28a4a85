// Draws by rejection for every entry of a batch.
#pragma once

#include <cebm/draws.h>

#include <functional>

namespace cebm {

struct Proposals {
  torch::Tensor values;   ///< [m, W]
  torch::Tensor accepts;  ///< bool [m, W]
};

/// Proposals for the given rows (int64 [m]) of the batch, from the numbers of those rows.
using Propose = std::function<Proposals(const torch::Tensor& rows, const Draws& draws, std::uint32_t attempt)>;

/// [n, W] like `initial`: each entry is its first accepted proposal, or its initial value after `attempts`. Only rows
/// with open entries are proposed for; a row's numbers depend on its chain alone, so the others change nothing.
torch::Tensor draw_by_rejection(const torch::Tensor& initial, const Draws& draws, std::uint32_t attempts,
                                const Propose& propose);

}  // namespace cebm
