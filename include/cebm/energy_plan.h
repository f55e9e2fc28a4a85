/// An energy split into a feed-forward network and a function of its outputs, for engines that compute it without
/// autograd (engine.h). Encoders and models that can be split provide it; all others are computed through LibTorch.
#pragma once

#include <cebm/bias.h>
#include <cebm/feed_forward.h>
#include <cebm/statistic_map.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace cebm {

/// E(o) = w^T f(o) + c.
struct LinearForm {
  Activation activation;
  torch::Tensor weight;  ///< [1, F]
};

/// E(o) = -logsumexp_l { log pi_l + sum_k A(lambda_lk + t_lk) - A(lambda_lk) }, t = maps(o); pi_l = 1/L in the paper.
struct ConjugateForm {
  StatisticMaps maps;
  MixtureForm bias;
};

/// The form of a head, for engines with their own loops. monostate: none; the head is computed through LibTorch.
using HeadForm = std::variant<std::monostate, LinearForm, ConjugateForm>;

/// E as a function of the network's outputs o.
class EnergyHead {
 public:
  virtual ~EnergyHead() = default;
  /// E(o): [B, F] -> [B], differentiable. Row b belongs to image first_row + b of the batch: each image may have its
  /// own condition.
  virtual torch::Tensor energy(const torch::Tensor& outputs, std::int64_t first_row) const = 0;
  /// dE/do: [B, F] -> [B, F].
  virtual torch::Tensor gradient(const torch::Tensor& outputs, std::int64_t first_row) const = 0;
  /// The form with the present parameters.
  virtual HeadForm form() const { return {}; }
};

/// E(x) = head(network(x)). Shares the model's weights, and must not outlive the model.
struct EnergyPlan {
  std::vector<FeedForwardLayer> layers;  ///< the last one without an activation
  std::shared_ptr<const EnergyHead> head;
  /// Required number of images in a batch if each has its own condition; 0: any number.
  std::int64_t images = 0;
};

}  // namespace cebm
