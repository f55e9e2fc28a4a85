#include <ATen/ops/linalg_vector_norm.h>
#include <c10/core/GradMode.h>
#include <cebm/optimizer.h>
#include <cebm/random.h>
#include <cebm/tiles.h>

namespace cebm {

namespace {

constexpr int kFirstIterations = 20;

/// [output channels, all others], in the weight's memory order.
torch::Tensor as_matrix(const torch::Tensor& weight) {
  return weight.dim() == 4 ? weight.permute({0, 2, 3, 1}).flatten(1) : weight.flatten(1);
}

torch::Tensor unit(const torch::Tensor& vector) { return vector / at::linalg_vector_norm(vector).clamp_min(1e-12); }

/// One step of the power method for W W^T.
torch::Tensor improved(const torch::Tensor& matrix, const torch::Tensor& u) {
  return unit(matrix.matmul(matrix.t().matmul(u)));
}

/// |W^T u|, at most the largest singular value.
torch::Tensor singular_value(const torch::Tensor& matrix, const torch::Tensor& u) {
  return at::linalg_vector_norm(matrix.t().matmul(u));
}

}  // namespace

void SpectralNormOptions::fields(Fields& visit) {
  visit.real("bound", bound, {0.0, 1e6},
             "after every gradient step each weight of the encoder, as a matrix of output channels and all else, is "
             "scaled down to this largest singular value; 0: off");
  visit.when({bound > 0.0, "bound above 0"}, [&] {
    visit.integer("iterations", iterations, {1, 1000}, "of the power method that finds it, in each gradient step");
  });
}

SpectralNorm::SpectralNorm(NamedTensors weights, const SpectralNormOptions& options, std::uint64_t seed)
    : weights_(std::move(weights)), options_(options), vectors_(weights_.size()) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const torch::Tensor& weight = weights_[i].second;
    vectors_[i] = unit(normal({weight.size(0)}, {seed, Stream::power_iteration, i}).to(weight.options()));
  }
  for_each_tile(weights_.front().second.device(), std::ssize(weights_), /*size=*/1, [&](const Tile& tile) {
    const auto i = static_cast<std::size_t>(tile.index);
    for (int k = 0; k < kFirstIterations; ++k) vectors_[i] = improved(as_matrix(weights_[i].second), vectors_[i]);
  });
}

torch::Tensor SpectralNorm::project() {
  const torch::NoGradGuard no_graph;
  std::vector<torch::Tensor> found(weights_.size());
  // One thread for each weight: the rounding of a product that LibTorch splits depends on the number of threads.
  for_each_tile(weights_.front().second.device(), std::ssize(weights_), /*size=*/1, [&](const Tile& tile) {
    const auto i = static_cast<std::size_t>(tile.index);
    const torch::Tensor& weight = weights_[i].second;
    const torch::Tensor matrix = as_matrix(weight);
    for (std::int64_t k = 0; k < options_.iterations; ++k) vectors_[i] = improved(matrix, vectors_[i]);
    found[i] = singular_value(matrix, vectors_[i]);
    weight.mul_((options_.bound / found[i].clamp_min(1e-12)).clamp_max(1.0));
  });
  return torch::stack(found).max();
}

void SpectralNorm::save(State& state) const {
  for (std::size_t i = 0; i < weights_.size(); ++i) state.tensors["u." + weights_[i].first] = vectors_[i].clone();
}

void SpectralNorm::load(const State& state) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    vectors_[i].copy_(state.tensor("u." + weights_[i].first, vectors_[i].sizes(), vectors_[i].scalar_type()));
  }
}

}  // namespace cebm
