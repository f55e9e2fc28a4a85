/// An energy taken apart into a feed-forward network and a function of its outputs, for engines that compute it without
/// autograd. Encoders and models that can be taken apart say so; all others are computed through LibTorch.
#pragma once

#include <cebm/activation.h>
#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cebm {

/// A convolution (weight of rank 4, cross-correlation as in LibTorch) or, flattening what comes before, a fully
/// connected layer (rank 2), and the activation after it.
struct FeedForwardLayer {
  torch::Tensor weight;
  torch::Tensor bias;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::optional<Activation> activation;
};

/// E as a function of the network's outputs o.
class EnergyHead {
 public:
  virtual ~EnergyHead() = default;
  /// E(o): [B, F] -> [B]. Row b belongs to image first_row + b of the batch: images may have conditions of their own.
  virtual torch::Tensor energy(const torch::Tensor& outputs, std::int64_t first_row) const = 0;
  /// dE/do: [B, F] -> [B, F].
  virtual torch::Tensor gradient(const torch::Tensor& outputs, std::int64_t first_row) const = 0;

  /// The same on dense float32 rows in the CPU's memory. `scratch` has room for scratch_size() numbers. The default
  /// goes through the tensors above; heads with loops of their own override both.
  virtual void gradient_rows(const float* outputs, std::int64_t first_row, std::int64_t rows, std::int64_t features,
                             float* gradient, float* scratch) const;
  virtual std::size_t scratch_size() const { return 0; }
};

/// E(x) = head(network(x)). Shares the model's weights as they are now, and must not outlive the model.
struct EnergyPlan {
  std::vector<FeedForwardLayer> layers;  ///< the last one without an activation
  std::shared_ptr<const EnergyHead> head;
  /// How many images a batch must have, where each has a condition of its own; 0: any number.
  std::int64_t images = 0;
};

}  // namespace cebm
