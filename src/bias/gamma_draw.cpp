#include "bias/gamma_draw.h"

namespace cebm {

namespace {

constexpr std::uint32_t kGammaAttempts = 64;  // each accepts at least 95 % of the remaining entries

}  // namespace

torch::Tensor log_gamma_draw(const torch::Tensor& shape, const Draws& draws) {
  const std::int64_t width = shape.size(-1);
  const torch::Tensor small = shape.lt(1.0);
  const torch::Tensor d = torch::where(small, shape + 1.0, shape) - 1.0 / 3.0;
  const torch::Tensor c = (9.0 * d).rsqrt();
  torch::Tensor log_v = torch::zeros_like(d);
  torch::Tensor open = torch::ones_like(d, torch::kBool);
  for (std::uint32_t i = 0; i < kGammaAttempts && open.any().item<bool>(); ++i) {
    const torch::Tensor x = draws.normal(i, width);
    const torch::Tensor root = 1.0 + c * x;
    const torch::Tensor proposed = 3.0 * root.clamp_min(1e-30).log();
    const torch::Tensor fits =
        root.gt(0.0) & draws.uniform(i, width).log().lt(0.5 * x.square() + d * (1.0 - root.pow(3) + proposed));
    log_v = torch::where(open & fits, proposed, log_v);
    open = open & ~fits;
  }
  const torch::Tensor boost = draws.part(0).uniform(0, width).log() / shape;
  return d.log() + log_v + torch::where(small, boost, torch::zeros_like(boost));
}

}  // namespace cebm
