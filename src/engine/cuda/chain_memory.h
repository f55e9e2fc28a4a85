// Where an engine moves the chains of its calls: memory that stays for as long as recordings of the steps may be
// replayed.
#pragma once

#include <cebm/chains.h>

#include <vector>

namespace cebm {

/// Room for the most chains that came so far; fewer lie at its beginning. So calls with as many chains find their
/// memory in the same place, whatever comes between them, until more chains than ever make all of it move.
class ChainMemory {
 public:
  /// Copies the chains here, and the factors of their noise, where there are any.
  void take(const Chains& chains, const float* noise_factors = nullptr);

  const torch::Tensor& x() const { return x_; }          ///< [B, C, H, W], channels-last
  const torch::Tensor& ids() const { return ids_; }      ///< [B]
  const torch::Tensor& scale() const { return scale_; }  ///< [B], of each chain's gradient
  const torch::Tensor& noise() const { return noise_; }  ///< [B], factors of each chain's noise
  /// Of all four.
  std::vector<const void*> addresses() const;

 private:
  struct Room {
    torch::Tensor x, ids, scale, noise;
  };

  Room room_;
  torch::Tensor x_, ids_, scale_, noise_;
};

}  // namespace cebm
