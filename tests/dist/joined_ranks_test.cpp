// Ranks that speak through c10d; each in a thread here.
#include "dist/joined_ranks.h"

#include <cebm/errors.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cebm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class JoinedRanksTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_join_ranks()) GTEST_SKIP() << rank_libraries();
    store_ = host_store(port_);
  }

  void in_joined(int size, const std::function<void(Ranks&)>& f, std::chrono::seconds limit = 30s) const {
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([this, rank, size, limit, &f] {
        const RankPlace place{.rank = rank, .size = size, .local_rank = rank, .host = "127.0.0.1", .port = port_};
        f(*join_ranks(place, {.limit = limit}).ranks);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  std::uint16_t port_ = 0;
  std::shared_ptr<void> store_;
};

TEST_F(JoinedRanksTest, GatherRowsOfAnyNumber) {
  in_joined(3, [](Ranks& ranks) {
    const std::vector<std::int64_t> sizes{2, 0, 1};
    const torch::Tensor own = torch::full({sizes[static_cast<std::size_t>(ranks.rank())], 2}, ranks.rank());
    EXPECT_TRUE(ranks.gather(own, sizes).equal(torch::tensor({{0, 0}, {0, 0}, {2, 2}}).to(own.scalar_type())));
    EXPECT_THAT(ranks.texts(std::to_string(ranks.rank())), ElementsAre("0", "1", "2"));
  });
}

TEST_F(JoinedRanksTest, AddUpInTheirOrder) {
  in_joined(3, [](Ranks& ranks) {
    // In floats the order shows: (1 + 1e8) - 1e8 is 0, and 1 + (1e8 - 1e8) is 1.
    const std::vector<float> terms{1.0F, 1e8F, -1e8F};
    const torch::Tensor flat = torch::zeros({4});
    ranks.accumulate(flat, [&] { flat.add_(terms[static_cast<std::size_t>(ranks.rank())]); });
    EXPECT_TRUE(flat.equal(torch::zeros({4})));
  });
}

TEST_F(JoinedRanksTest, EndWhenAnotherOneHasEnded) {
  in_joined(2, [](Ranks& ranks) {
    if (ranks.rank() == 1) return;
    try {
      ranks.texts("is anybody there?");
      FAIL() << "expected an error";
    } catch (const RanksError& cause) {
      EXPECT_THAT(cause.what(), HasSubstr("rank 0 of 2: another rank has ended"));
    }
  });
}

TEST_F(JoinedRanksTest, EndWhenAnotherOneIsNotHeardOfWithinTheLimit) {
  in_joined(
      2,
      [](Ranks& ranks) {
        if (ranks.rank() == 1) return std::this_thread::sleep_for(3s);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_THROW(ranks.texts("is anybody there?"), RanksError);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
      },
      1s);
}

}  // namespace
}  // namespace cebm
