#include <cebm/losses.h>

namespace cebm {

namespace {

/// Mean of -log softmax(scores)_ii over the rows.
torch::Tensor of_rows(const torch::Tensor& scores) { return -torch::log_softmax(scores, 1).diagonal().mean(); }

}  // namespace

PairMatching match_pairs(const torch::Tensor& scores) {
  PairMatching result;
  result.loss = 0.5 * (of_rows(scores) + of_rows(scores.t().contiguous()));
  const torch::Tensor found = scores.detach().argmax(1);
  result.accuracy = found.eq(torch::arange(scores.size(0), found.options())).to(scores.scalar_type()).mean();
  return result;
}

}  // namespace cebm
