#include "bias/gamma_draw.h"

#include "bias/rejection.h"

namespace cebm {

namespace {

constexpr std::uint32_t kGammaAttempts = 64;  // each accepts at least 95 % of the remaining entries

}  // namespace

torch::Tensor log_gamma_draw(const torch::Tensor& shape, const Draws& draws) {
  const std::int64_t width = shape.size(-1);
  const torch::Tensor small = shape.lt(1.0);
  const torch::Tensor d = torch::where(small, shape + 1.0, shape) - 1.0 / 3.0;
  const torch::Tensor c = (9.0 * d).rsqrt();
  const auto propose = [&](const torch::Tensor& rows, const Draws& own, std::uint32_t attempt) -> Proposals {
    const torch::Tensor x = own.normal(attempt, width);
    const torch::Tensor root = 1.0 + c.index_select(0, rows) * x;
    const torch::Tensor log_v = 3.0 * root.clamp_min(1e-30).log();
    const torch::Tensor bound = 0.5 * x.square() + d.index_select(0, rows) * (1.0 - root.pow(3) + log_v);
    return {log_v, root.gt(0.0) & own.uniform(attempt, width).log().lt(bound)};
  };
  const torch::Tensor log_v = draw_by_rejection(torch::zeros_like(d), draws, kGammaAttempts, propose);
  const torch::Tensor boost = draws.part(0).uniform(0, width).log() / shape;
  return d.log() + log_v + torch::where(small, boost, torch::zeros_like(boost));
}

}  // namespace cebm
