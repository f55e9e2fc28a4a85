#include "bias/rejection.h"

#include <gtest/gtest.h>

#include <vector>

namespace cebm {
namespace {

using torch::Tensor;

Draws draws_of(std::int64_t rows) { return {{.seed = 3}, torch::arange(rows, torch::kInt64), torch::kFloat64}; }

TEST(DrawByRejection, TakesTheFirstAcceptedProposalAndAsksForOpenRowsOnly) {
  const Tensor needed = torch::tensor({{0.0, 2.0}, {1.0, 1.0}, {3.0, 0.0}}, torch::kFloat64);  // attempts of each entry
  std::vector<std::int64_t> asked;
  const auto propose = [&](const Tensor& rows, const Draws& draws, std::uint32_t attempt) -> Proposals {
    asked.push_back(rows.numel());
    EXPECT_EQ(draws.rows(), rows.numel());
    const Tensor attempts = torch::full({rows.numel(), 2}, static_cast<double>(attempt), torch::kFloat64);
    return {attempts, attempts.ge(needed.index_select(0, rows))};
  };
  const Tensor drawn = draw_by_rejection(torch::full_like(needed, -1.0), draws_of(3), 10, propose);
  EXPECT_TRUE(drawn.equal(needed)) << drawn;
  EXPECT_EQ(asked, (std::vector<std::int64_t>{3, 3, 2, 1}));
}

TEST(DrawByRejection, GivesARowTheNumbersOfItsChain) {
  const Tensor all = draws_of(4).uniform(0, 1);
  const auto propose = [](const Tensor& rows, const Draws& draws, std::uint32_t attempt) -> Proposals {
    return {draws.uniform(0, 1), rows.le(static_cast<std::int64_t>(attempt)).unsqueeze(-1)};
  };
  EXPECT_TRUE(draw_by_rejection(torch::zeros_like(all), draws_of(4), 10, propose).equal(all));
}

TEST(DrawByRejection, LeavesTheInitialValueWhereNothingIsAccepted) {
  const Tensor initial = torch::tensor({{0.5}, {0.25}}, torch::kFloat64);
  const auto never = [](const Tensor& rows, const Draws& /*draws*/, std::uint32_t /*attempt*/) -> Proposals {
    return {torch::ones({rows.numel(), 1}, torch::kFloat64), torch::zeros({rows.numel(), 1}, torch::kBool)};
  };
  EXPECT_TRUE(draw_by_rejection(initial, draws_of(2), 5, never).equal(initial));
}

}  // namespace
}  // namespace cebm
