#include "objectives/pair_critic.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <vector>

#include "core/tile_loss.h"
#include "objectives/pair_terms.h"

namespace cebm {

namespace {

/// The most parts of the rows, whatever their number: each part keeps its own sums for all columns in memory.
constexpr std::int64_t kParts = 16;

std::int64_t part_size(const torch::Tensor& rows) { return (rows.size(0) + kParts - 1) / kParts; }

std::unique_ptr<PairTerms> pair_terms(const ConjugateBias& bias, const torch::Tensor& first,
                                      const torch::Tensor& second) {
  auto terms = loop_pair_terms(bias, first, second);
  return terms ? std::move(terms) : tensor_pair_terms(bias, first, second);
}

/// Computes f(tile) for each part of the rows and concatenates the results, [B, ...].
template <class Function>
torch::Tensor by_parts(const torch::Tensor& rows, const Function& f) {
  std::vector<torch::Tensor> parts(static_cast<std::size_t>((rows.size(0) + part_size(rows) - 1) / part_size(rows)));
  for_each_tile(rows.device(), rows.size(0), part_size(rows),
                [&](const Tile& tile) { parts[static_cast<std::size_t>(tile.index)] = f(tile); });
  return torch::cat(parts);
}

torch::Tensor values_of(const ConjugateBias& bias, const torch::Tensor& t) {
  return by_parts(t,
                  [&](const Tile& tile) { return bias.log_partition_difference(t.narrow(0, tile.begin, tile.size)); });
}

torch::Tensor scores_of(const ConjugateBias& bias, const PairTerms& terms, const torch::Tensor& first,
                        const torch::Tensor& second) {
  const torch::Tensor of_sums = by_parts(first, [&](const Tile& tile) { return terms.values(tile); });
  return of_sums - values_of(bias, first).unsqueeze(1) - values_of(bias, second).unsqueeze(0);
}

/// d / d t of -sum_i weights_i D(t_i).
torch::Tensor minus_means(const ConjugateBias& bias, const torch::Tensor& t, const torch::Tensor& weights) {
  return by_parts(t, [&](const Tile& tile) {
    const torch::Tensor w = weights.narrow(0, tile.begin, tile.size).view({-1, 1, 1, 1});
    return -w * bias.mean_parameters(t.narrow(0, tile.begin, tile.size));
  });
}

/// The gradient of sum_ij weights_ij s_ij with respect to the bias's parameters, by autograd.
void add_parameter_gradient(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second,
                            const torch::Tensor& weights) {
  std::vector<torch::Tensor> parameters = bias.parameters();
  std::erase_if(parameters, [](const torch::Tensor& parameter) { return !parameter.requires_grad(); });
  if (parameters.empty()) return;
  const torch::AutoGradMode record(true);
  std::vector<torch::autograd::variable_list> found(static_cast<std::size_t>(first.size(0)));
  for_each_tile(first.device(), first.size(0), /*size=*/1, [&](const Tile& row) {
    const torch::Tensor t = first.narrow(0, row.begin, row.size);
    const torch::Tensor scores = bias.log_partition_difference(t + second) - bias.log_partition_difference(t) -
                                 bias.log_partition_difference(second);
    found[static_cast<std::size_t>(row.index)] =
        torch::autograd::grad({(scores * weights[row.begin]).sum()}, parameters, {}, /*retain_graph=*/false,
                              /*create_graph=*/false, /*allow_unused=*/true);
  });
  add_in_order(parameters, found);
}

}  // namespace

torch::Tensor pair_scores(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second) {
  const torch::NoGradGuard no_graph;
  return scores_of(bias, *pair_terms(bias, first, second), first, second);
}

PairLoss add_pair_loss(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second) {
  const torch::NoGradGuard no_graph;
  const auto terms = pair_terms(bias, first, second);
  torch::Tensor scores = scores_of(bias, *terms, first, second);
  PairLoss result;
  torch::Tensor weights;  // d loss / d scores
  {
    const torch::AutoGradMode record(true);
    scores.requires_grad_(true);
    result.matching = match_pairs(scores);
    weights = torch::autograd::grad({result.matching.loss}, {scores})[0];
    result.matching.loss = result.matching.loss.detach();
  }
  std::vector<torch::Tensor> of_second(kParts);
  result.of_first = by_parts(first, [&](const Tile& tile) {
    torch::Tensor& sum = of_second[static_cast<std::size_t>(tile.index)] = torch::zeros_like(second).contiguous();
    return terms->add_gradient(tile, weights.narrow(0, tile.begin, tile.size), sum);
  });
  result.of_first += minus_means(bias, first, weights.sum(1));
  result.of_second = minus_means(bias, second, weights.sum(0));
  for (const torch::Tensor& part : of_second) {
    if (part.defined()) result.of_second += part;
  }
  add_parameter_gradient(bias, first, second, weights);
  return result;
}

}  // namespace cebm
