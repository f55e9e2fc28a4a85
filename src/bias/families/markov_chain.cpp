#include <ATen/ops/log_softmax.h>
#include <cebm/families.h>

#include <cmath>
#include <cstddef>

#include "bias/blocks.h"

namespace cebm {

namespace {

/// log sum_s exp{score_s + between_{s, next}}: [..., S], [S, S] -> [..., S].
torch::Tensor through(const torch::Tensor& scores, const torch::Tensor& between) {
  return torch::logsumexp(scores.unsqueeze(-1) + between, -2);
}

}  // namespace

std::string MarkovChainFamily::name() const { return "markov_chain of " + std::to_string(states()); }

std::vector<Domain> MarkovChainFamily::domain() const { return {Domain::real}; }

torch::Tensor MarkovChainFamily::log_transitions(const torch::Tensor& natural) const {
  return at::log_softmax(transitions_, -1).to(natural.scalar_type());
}

std::vector<torch::Tensor> MarkovChainFamily::forward(const torch::Tensor& evidence) const {
  const torch::Tensor between = log_transitions(evidence);
  const double first = -std::log(static_cast<double>(states()));
  std::vector<torch::Tensor> scores{evidence.select(-2, 0) + first};
  for (std::int64_t tau = 1; tau < evidence.size(-2); ++tau) {
    scores.push_back(evidence.select(-2, tau) + through(scores.back(), between));
  }
  return scores;
}

torch::Tensor MarkovChainFamily::sufficient_statistics(const torch::Tensor& z) const { return z.unsqueeze(-2); }

torch::Tensor MarkovChainFamily::log_partition(const torch::Tensor& natural) const {
  const std::vector<torch::Tensor> scores = forward(in_blocks(natural.squeeze(-2), states()));
  return torch::logsumexp(scores.back(), -1, /*keepdim=*/true);
}

torch::Tensor MarkovChainFamily::mean_parameters(const torch::Tensor& natural) const {
  return mean(natural).unsqueeze(-2);
}

torch::Tensor MarkovChainFamily::mean(const torch::Tensor& natural) const {
  const torch::Tensor evidence = in_blocks(natural.squeeze(-2), states());
  const torch::Tensor backwards = log_transitions(evidence).t();
  const std::vector<torch::Tensor> scores = forward(evidence);
  std::vector<torch::Tensor> marginals(scores.size());
  torch::Tensor to_come = torch::zeros_like(scores.back());  // log p(evidence of later steps | state)
  for (std::size_t tau = scores.size(); tau-- > 0;) {
    marginals[tau] = torch::softmax(scores[tau] + to_come, -1);
    to_come = through(evidence.select(-2, static_cast<std::int64_t>(tau)) + to_come, backwards);
  }
  return torch::cat(marginals, -1);
}

torch::Tensor MarkovChainFamily::variance(const torch::Tensor& natural) const {
  const torch::Tensor p = mean(natural);
  return p * (1.0 - p);
}

torch::Tensor MarkovChainFamily::log_base_measure(const torch::Tensor& z) const {
  const torch::Tensor chain = in_blocks(z, states());
  const std::int64_t steps = chain.size(-2);
  const torch::Tensor before = chain.narrow(-2, 0, steps - 1);
  const torch::Tensor after = chain.narrow(-2, 1, steps - 1);
  const torch::Tensor moves = (before.matmul(log_transitions(z)) * after).sum({-2, -1});
  return (moves - std::log(static_cast<double>(states()))).unsqueeze(-1);
}

torch::Tensor MarkovChainFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  const torch::Tensor between = log_transitions(natural);
  const std::vector<torch::Tensor> scores = forward(in_blocks(natural.squeeze(-2), states()));
  const torch::Tensor u = draws.uniform(0, static_cast<std::int64_t>(scores.size()));
  std::vector<torch::Tensor> states_of(scores.size());
  torch::Tensor follows = torch::zeros_like(scores.back());  // log p(drawn next state | state)
  for (std::size_t tau = scores.size(); tau-- > 0;) {
    states_of[tau] = one_hot_draw(scores[tau] + follows, u.narrow(-1, static_cast<std::int64_t>(tau), 1));
    follows = states_of[tau].matmul(between.t());
  }
  return torch::cat(states_of, -1);
}

torch::Tensor MarkovChainFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return parameters;
}

std::vector<std::pair<std::string, torch::Tensor>> MarkovChainFamily::parameters() const {
  return {{"transitions", transitions_}};
}

}  // namespace cebm
