#include "engine/cpu/forward.h"

#include <ATen/ops/empty.h>

namespace cebm {

torch::Tensor forward(Lanes& lanes, const torch::Tensor& x, kernels::cpu::Summation summation) {
  const std::int64_t features = lanes.network().outputs();
  const std::int64_t pixels = x.numel() / std::max<std::int64_t>(x.size(0), 1);
  torch::Tensor outputs = at::empty({x.size(0), features}, at::kFloat);
  lanes.for_each(x.size(0), [&](Lane& lane, const Tile& tile) {
    lanes.network().forward(*lane.activations, *lane.scratch, {0, tile.size},
                            x.const_data_ptr<float>() + tile.begin * pixels,
                            outputs.data_ptr<float>() + tile.begin * features, summation);
  });
  return outputs;
}

}  // namespace cebm
