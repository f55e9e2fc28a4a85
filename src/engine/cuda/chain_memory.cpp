#include "engine/cuda/chain_memory.h"

namespace cebm {

void ChainMemory::take(const Chains& chains, const float* noise_factors) {
  const std::int64_t count = chains.x.size(0);
  if (!room_.x.defined() || room_.x.size(0) < count || room_.x.sizes().slice(1) != chains.x.sizes().slice(1)) {
    room_ = {torch::empty(chains.x.sizes(), chains.x.options(), torch::MemoryFormat::ChannelsLast),
             torch::empty(chains.ids.sizes(), chains.ids.options()),
             torch::empty(chains.ids.sizes(), chains.x.options()),
             torch::empty(chains.ids.sizes(), chains.x.options())};
  }
  x_ = room_.x.narrow(0, 0, count);
  ids_ = room_.ids.narrow(0, 0, count);
  scale_ = room_.scale.narrow(0, 0, count);
  noise_ = room_.noise.narrow(0, 0, count);
  x_.copy_(chains.x);
  ids_.copy_(chains.ids);
  if (noise_factors == nullptr) return;
  // from_blob takes no const pointer; the tensor is read only.
  noise_.copy_(torch::from_blob(const_cast<float*>(noise_factors), {count}, chains.x.options()));
}

std::vector<const void*> ChainMemory::addresses() const {
  return {x_.const_data_ptr(), ids_.const_data_ptr(), scale_.const_data_ptr(), noise_.const_data_ptr()};
}

}  // namespace cebm
