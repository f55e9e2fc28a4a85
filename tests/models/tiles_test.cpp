#include <ATen/Parallel.h>
#include <cebm/engine.h>
#include <cebm/loss_gradient.h>
#include <cebm/tiles.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "models/build_models.h"
#include "support/mkl_log.h"
#include "support/numeric.h"

namespace cebm {
namespace {

TEST(Tiles, CoverEveryRowOnceInOrder) {
  for (const std::int64_t count : {0, 1, 16, 17, 50}) {
    std::vector<int> visits(static_cast<std::size_t>(count), 0);
    std::mutex guard;
    std::int64_t tiles = 0;
    for_each_tile(torch::kCPU, count, [&](const Tile& tile) {
      const std::lock_guard<std::mutex> lock(guard);
      ++tiles;
      EXPECT_EQ(tile.begin, tile.index * kTileSize);
      for (std::int64_t row = 0; row < tile.size; ++row) ++visits.at(static_cast<std::size_t>(tile.begin + row));
    });
    EXPECT_EQ(tiles, tile_count(torch::kCPU, count));
    EXPECT_EQ(visits, std::vector<int>(static_cast<std::size_t>(count), 1)) << count;
  }
}

TEST(Tiles, PassAnExceptionOn) {
  const auto fail_in_the_last = [](const Tile& tile) {
    if (tile.index == 2) throw std::runtime_error("tile 2");
  };
  EXPECT_THROW(for_each_tile(torch::kCPU, 40, fail_in_the_last), std::runtime_error);
}

/// Something that couples all energies of the batch.
torch::Tensor coupled(const torch::Tensor& energies) { return energies.mean() + 0.3 * energies.square().mean(); }

TEST(Tiles, LossGradientIsThatOfTheWholeBatch) {
  for (const auto head : {Head::gaussian, Head::mixture_per_component, Head::igebm}) {
    const ModelCase which{head, Network::small, true, "negative_square", {2, 9, 8}};
    const auto tiled = build_model(which);
    const auto whole = build_model(which);
    tiled->to(torch::kFloat64);
    whole->to(torch::kFloat64);
    const torch::Tensor x = images(37, which.image).to(torch::kFloat64);
    for (int repeat = 0; repeat < 2; ++repeat) {  // the second time adds to what is there
      const torch::Tensor value = make_engine(*tiled, torch::kCPU)->add_weight_gradient(x, coupled);
      const torch::Tensor expected = coupled(whole->energy(x));
      expected.backward();
      EXPECT_LT(relative_error(value, expected), 1e-13);
      EXPECT_FALSE(value.requires_grad());
    }
    const auto found = tiled->parameters();
    const auto expected = whole->parameters();
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_LT(relative_error(found[i].grad(), expected[i].grad()), 1e-11) << which.name() << " parameter " << i;
    }
  }
}

// Mixtures subtract large numbers: LibTorch in float32 is as far from float64 as our kernels are.
TEST(Tiles, LossGradientByOurOwnKernelsIsAutograds) {
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    for (const auto network : {Network::small, Network::paper, Network::authors}) {
      const ModelCase which{head, network};
      const auto own = build_model(which);
      const auto exact = build_model(which);
      exact->to(torch::kFloat64);
      const torch::Tensor x = images(37, which.image);
      const torch::Tensor value = make_engine(*own, torch::kCPU)->add_weight_gradient(x, coupled);
      const torch::Tensor expected = coupled(exact->energy(x.to(torch::kFloat64)));
      expected.backward();
      EXPECT_LT(relative_error(value, expected), 1e-4) << which.name();
      const auto found = own->parameters();
      const auto gradients = exact->parameters();
      ASSERT_EQ(found.size(), gradients.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].grad().sizes(), found[i].sizes());
        EXPECT_LT(relative_error(found[i].grad(), gradients[i].grad()), 1e-4) << which.name() << " parameter " << i;
      }
    }
  }
}

// A thread's number of threads is set by LibTorch on its first operation, and oneDNN waits forever for a team larger
// than the one it gets: every round here has worker threads that have not computed anything yet.
TEST(Tiles, AWorkerIsAloneFromItsFirstOperationOn) {
  const ModelCase which{Head::gaussian, Network::authors};
  const auto model = build_model(which);
  const torch::Tensor x = images(kTileSize, which.image);
  int finished = 0;
  for (int round = 0; round < 20; ++round) {
    std::thread([&] {
      at::set_num_threads(2);
      make_engine(*model, torch::kCPU)->add_weight_gradient(x, coupled);
      ++finished;
    }).join();
  }
  EXPECT_EQ(finished, 20);
}

/// `f`'s tensors for 1, 2 and 3 threads are the same bits.
void expect_the_same_for_any_threads(const std::function<std::vector<torch::Tensor>()>& f) {
  const int threads = at::get_num_threads();
  std::vector<std::vector<torch::Tensor>> found;
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    found.push_back(f());
  }
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < found[0].size(); ++i) {
    EXPECT_TRUE(found[0][i].equal(found[1][i])) << i << ", 1 and 2 threads";
    EXPECT_TRUE(found[0][i].equal(found[2][i])) << i << ", 1 and 3 threads";
  }
}

// LibTorch tells MKL the number of threads that a program was given, in every thread anew. MKL would divide a product
// among them by adding up parts, although no others are to be had within a tile.
TEST(Tiles, AProductIsComputedByOneThread) {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const torch::Tensor x = normal({40, 1568}, {.seed = 1});
  const torch::Tensor weight = normal({8, 1568}, {.seed = 2});
  const std::string log = mkl_log([&] {
    for_each_tile(torch::kCPU, 40, [&](const Tile& tile) { at::linear(x.narrow(0, tile.begin, tile.size), weight); });
  });
  at::set_num_threads(threads);
  if (log.empty()) GTEST_SKIP() << "LibTorch without MKL";
  EXPECT_THAT(log, testing::HasSubstr("NThr:1"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("NThr:2")));
}

TEST(Tiles, AProductHasTheSameBitsForAnyNumberOfThreads) {
  const torch::Tensor x = normal({40, 1568}, {.seed = 1});
  const torch::Tensor weight = normal({8, 1568}, {.seed = 2});
  expect_the_same_for_any_threads([&] {
    return std::vector{map_rows(x, [&](const torch::Tensor& rows, std::int64_t) { return at::linear(rows, weight); })};
  });
}

// LibTorch divides more than 2^15 elements among threads and computes what does not fill a vector another way.
TEST(Tiles, LossGradientByOurOwnKernelsIsTheSameBitsForAnyNumberOfThreads) {
  const ModelCase which{Head::igebm, Network::small, true, "negative_square", {1, 9, 8}};
  const torch::Tensor x = images(6701, which.image);
  expect_the_same_for_any_threads([&] {
    const auto model = build_model(which);
    std::vector<torch::Tensor> found{make_engine(*model, torch::kCPU)->add_weight_gradient(x, coupled)};
    for (const torch::Tensor& parameter : model->parameters()) found.push_back(parameter.grad());
    return found;
  });
}

TEST(MapRows, ARowsValueDependsOnNeitherThreadsNorWhatIsBesideIt) {
  const torch::Tensor x = normal({37, 5001}, {.seed = 1});
  const auto f = [](const torch::Tensor& rows, std::int64_t) { return rows.sigmoid(); };
  expect_the_same_for_any_threads([&] { return std::vector{map_rows(x, f)}; });
  const torch::Tensor whole = map_rows(x, f);
  EXPECT_EQ(whole.sizes(), x.sizes());
  EXPECT_LT(relative_error(whole, x.sigmoid()), 1e-6);
  const torch::Tensor parts = torch::cat({map_rows(x.narrow(0, 0, 16), f), map_rows(x.narrow(0, 16, 5), f)});
  EXPECT_TRUE(parts.equal(whole.narrow(0, 0, 21)));
}

TEST(MapRows, TheFunctionIsToldWhereItsRowsLieAndGetsWholeTiles) {
  std::mutex guard;
  std::map<std::int64_t, std::int64_t> seen;
  const torch::Tensor places = map_rows(torch::zeros({37, 2}), [&](const torch::Tensor& rows, std::int64_t first) {
    const std::lock_guard<std::mutex> lock(guard);
    seen[first] = rows.size(0);
    return torch::arange(first, first + rows.size(0));
  });
  EXPECT_TRUE(places.equal(torch::arange(37)));
  EXPECT_EQ(seen, (std::map<std::int64_t, std::int64_t>{{0, 16}, {16, 16}, {32, 16}}));
}

}  // namespace
}  // namespace cebm
