#include "engine/weight_snapshot.h"

#include <c10/core/GradMode.h>

#include <cstring>

namespace cebm {

namespace {

bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes() || a.strides() != b.strides() || a.scalar_type() != b.scalar_type()) return false;
  return std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

/// The tensor itself, detached, if it is dense; otherwise a contiguous copy.
torch::Tensor dense(const torch::Tensor& tensor) {
  return tensor.is_non_overlapping_and_dense() ? tensor.detach() : tensor.detach().contiguous();
}

}  // namespace

WeightSnapshot::WeightSnapshot(const torch::nn::Module& model) : tensors_(model.parameters()) {
  for (const torch::Tensor& buffer : model.buffers()) tensors_.push_back(buffer);
  for (const torch::Tensor& tensor : tensors_) copies_.push_back(dense(tensor).clone());
}

bool WeightSnapshot::changed() {
  const torch::NoGradGuard no_graph;
  bool found = false;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const torch::Tensor now = dense(tensors_[i]);
    if (same_bits(now, copies_[i])) continue;
    copies_[i] = now.clone();
    found = true;
  }
  return found;
}

}  // namespace cebm
