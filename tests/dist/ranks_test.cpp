#include <cebm/errors.h>
#include <cebm/ranks.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/thread_ranks.h"

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Shares, AreWholeUnitsInTheOrderOfTheRanks) {
  EXPECT_THAT(Shares(256, 64, 2).sizes(), ElementsAre(128, 128));
  EXPECT_THAT(Shares(256, 64, 3).sizes(), ElementsAre(128, 64, 64));
  EXPECT_THAT(Shares(250, 64, 4).sizes(), ElementsAre(64, 64, 64, 58));
  EXPECT_THAT(Shares(10, 1, 3).sizes(), ElementsAre(4, 3, 3));
  EXPECT_EQ(Shares(256, 64, 3).begin(2), 192);
}

TEST(Shares, TearUnitsApartRatherThanLeaveARankWithoutRows) {
  EXPECT_THAT(Shares(64, 64, 2).sizes(), ElementsAre(32, 32));
  EXPECT_THAT(Shares(3, 64, 3).sizes(), ElementsAre(1, 1, 1));
  EXPECT_THROW(Shares(2, 64, 3), std::invalid_argument);
}

TEST(SingleRank, HasAllRowsAndLeads) {
  const auto ranks = single_rank();
  const torch::Tensor rows = torch::arange(6.0).view({3, 2});
  EXPECT_TRUE(ranks->alone() && ranks->leads());
  EXPECT_TRUE(ranks->own(rows, ranks->shares(3)).is_same(rows));
  EXPECT_TRUE(ranks->joined(rows, ranks->shares(3)).is_same(rows));
  EXPECT_THAT(ranks->texts("a"), ElementsAre("a"));
  EXPECT_THAT(ranks->any({true, false}), ElementsAre(true, false));
}

TEST(Ranks, KnowTheTextsAndTheWishesOfAll) {
  in_ranks(3, [](const std::shared_ptr<Ranks>& ranks) {
    const std::string own(static_cast<std::size_t>(ranks->rank()) * 2, 'x');
    EXPECT_THAT(ranks->texts(own), ElementsAre("", "xx", "xxxx"));
    EXPECT_THAT(ranks->texts(""), ElementsAre("", "", ""));
    EXPECT_THAT(ranks->any({ranks->rank() == 2, false, true}), ElementsAre(true, false, true));
  });
}

TEST(Ranks, JoinRowsThroughWhichGradientsFlowBackToTheirOwn) {
  in_ranks(3, [](const std::shared_ptr<Ranks>& ranks) {
    const torch::AutoGradMode record(true);
    const torch::Tensor all = torch::arange(7.0);
    const Shares shares = ranks->shares(7);
    const torch::Tensor own = ranks->own(all, shares).clone().requires_grad_(true);
    const torch::Tensor joined = ranks->joined(own, shares);
    EXPECT_TRUE(joined.equal(all));
    const torch::Tensor gradient = torch::autograd::grad({joined.square().sum()}, {own})[0];
    EXPECT_TRUE(gradient.equal(2 * own));
  });
}

TEST(Ranks, RefuseToShareDifferentWork) {
  in_ranks(3, [](const std::shared_ptr<Ranks>& ranks) {
    EXPECT_NO_THROW(ranks->require_same("seed", "1"));
    try {
      ranks->require_same("seed", ranks->rank() == 2 ? "2" : "1");
      ADD_FAILURE() << "rank " << ranks->rank() << " goes on";
    } catch (const ConfigError& refused) {
      EXPECT_THAT(refused.what(), HasSubstr("seed: expected the same with all ranks, found another with rank 2"));
    }
  });
}

TEST(Ranks, HearWhyTheFirstOneFailed) {
  EXPECT_THROW(in_ranks(2,
                        [](const std::shared_ptr<Ranks>& ranks) {
                          try {
                            ranks->lead([] { throw IoError("disk full"); });
                          } catch (const RanksError& cause) {
                            EXPECT_STREQ(cause.what(), "rank 0 ended: disk full");
                          }
                        }),
               IoError);
}

}  // namespace
}  // namespace cebm
