// The memory in which an engine moves the chains of its calls, at fixed addresses so that recordings of the steps can
// be replayed.
#pragma once

#include <cebm/chains.h>

#include <vector>

namespace cebm {

/// Has room for the most chains of any call so far; fewer chains use its beginning. Addresses therefore stay the same
/// from call to call, until a call with more chains than ever, or other image sizes, reallocates all of it.
class ChainMemory {
 public:
  /// Copies the chains here, and the factors of their noise unless null.
  void take(const Chains& chains, const float* noise_factors = nullptr);

  const torch::Tensor& x() const { return x_; }          ///< [B, C, H, W], channels-last
  const torch::Tensor& ids() const { return ids_; }      ///< [B]
  const torch::Tensor& scale() const { return scale_; }  ///< [B], of each chain's gradient
  const torch::Tensor& noise() const { return noise_; }  ///< [B], factors of each chain's noise
  /// Addresses of all four tensors.
  std::vector<const void*> addresses() const;

 private:
  struct Room {
    torch::Tensor x, ids, scale, noise;
  };

  Room room_;
  torch::Tensor x_, ids_, scale_, noise_;
};

}  // namespace cebm
