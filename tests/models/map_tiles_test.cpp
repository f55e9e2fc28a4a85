#include <ATen/Parallel.h>
#include <cebm/random.h>
#include <cebm/tiles.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/numeric.h"

namespace cebm {
namespace {

torch::Tensor numbers(std::vector<std::int64_t> shape, std::uint64_t seed) {
  return normal(shape, {.seed = seed}).to(torch::kFloat64);
}

/// 37 rows: two whole tiles and a part of one.
struct Example {
  torch::Tensor x = numbers({37, 3}, 1).requires_grad_(true);
  torch::Tensor y = numbers({37, 4}, 2).requires_grad_(true);
  torch::Tensor w = numbers({3, 4}, 3).requires_grad_(true);
  torch::Tensor fixed = numbers({4}, 4);

  static torch::Tensor row_values(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& matrix,
                                  const torch::Tensor& offset) {
    return (a.matmul(matrix) + offset).tanh() * b;
  }

  /// The rows' values, and of each tile the sum of its squares.
  std::vector<torch::Tensor> mapped() const {
    return map_tiles(37, {x, y}, {w, fixed}, [](const Tile&, const auto& in, const auto& shared) {
      const torch::Tensor values = row_values(in[0], in[1], shared[0], shared[1]);
      return std::vector{values, values.square().sum(0, /*keepdim=*/true)};
    });
  }
};

TEST(MapTiles, ValuesAndGradientsAreThoseOfTheWholeBatch) {
  const Example example;
  // Each row meets every other in the loss, through the tiles' sums.
  const auto loss = [](const torch::Tensor& values, const torch::Tensor& sums) {
    return (values / sums.sum(0).sqrt()).exp().sum() + values.pow(3).sum();
  };
  const auto mapped = example.mapped();
  ASSERT_EQ(mapped[1].sizes(), (std::vector<std::int64_t>{3, 4}));
  const torch::Tensor whole = Example::row_values(example.x, example.y, example.w, example.fixed);
  EXPECT_LT(relative_error(mapped[0], whole), 1e-14);
  const std::vector<torch::Tensor> wanted{example.x, example.y, example.w};
  const auto found = torch::autograd::grad({loss(mapped[0], mapped[1])}, wanted);
  const auto expected = torch::autograd::grad({loss(whole, whole.square().sum(0, true))}, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_LT(relative_error(found[i], expected[i]), 1e-12) << i;
}

TEST(MapTiles, AResultThatTheLossDoesNotUseCarriesNoGradient) {
  const Example example;
  const auto found = torch::autograd::grad({example.mapped()[1].sum()}, {example.w});
  const torch::Tensor whole = Example::row_values(example.x, example.y, example.w, example.fixed);
  EXPECT_LT(relative_error(found[0], torch::autograd::grad({whole.square().sum()}, {example.w})[0]), 1e-12);
}

TEST(MapTiles, RecordsNothingWhereNothingWantsAGradient) {
  const Example example;
  {
    const torch::NoGradGuard no_graph;
    EXPECT_FALSE(example.mapped()[0].requires_grad());
  }
  EXPECT_TRUE(example.mapped()[0].requires_grad());
}

TEST(MapTiles, ItsGraphServesOneBackwardPass) {
  const Example example;
  const torch::Tensor loss = example.mapped()[0].sum();
  loss.backward({}, /*retain_graph=*/true);
  EXPECT_THROW(loss.backward(), std::logic_error);
}

TEST(MapTiles, PassAnExceptionOfTheFunctionOn) {
  const Example example;
  const auto fail = [](const Tile& tile, const auto& in, const auto&) {
    if (tile.index == 1) throw std::runtime_error("tile 1");
    return std::vector{in[0]};
  };
  EXPECT_THROW(map_tiles(37, {example.x}, {}, fail), std::runtime_error);
}

TEST(MapTiles, GiveTheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const auto gradients = [](int count) {
    at::set_num_threads(count);
    const Example example;
    return torch::autograd::grad({example.mapped()[0].exp().sum()}, {example.x, example.w});
  };
  const auto one = gradients(1);
  const auto three = gradients(3);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(three[i])) << i;
}

}  // namespace
}  // namespace cebm
