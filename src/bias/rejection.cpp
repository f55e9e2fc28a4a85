#include "bias/rejection.h"

namespace cebm {

torch::Tensor draw_by_rejection(const torch::Tensor& initial, const Draws& draws, std::uint32_t attempts,
                                const Propose& propose) {
  torch::Tensor drawn = initial.clone();
  torch::Tensor rows = torch::arange(initial.size(0), initial.options().dtype(torch::kInt64));
  torch::Tensor open = torch::ones_like(initial, torch::kBool);
  for (std::uint32_t i = 0; i < attempts && rows.numel() != 0; ++i) {
    const Proposals found = propose(rows, draws.of_rows(rows), i);
    drawn.index_copy_(0, rows, torch::where(open & found.accepts, found.values, drawn.index_select(0, rows)));
    open = open & ~found.accepts;
    const torch::Tensor left = open.any(-1).nonzero().squeeze(-1);
    rows = rows.index_select(0, left);
    open = open.index_select(0, left);
  }
  return drawn;
}

}  // namespace cebm
