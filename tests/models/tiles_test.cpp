#include <ATen/Parallel.h>
#include <cebm/tiles.h>
#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <thread>

#include "models/build_models.h"
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
      const torch::Tensor value = add_energy_loss_gradient(*tiled, x, coupled);
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
      const torch::Tensor value = add_energy_loss_gradient(*own, x, coupled);
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
      add_energy_loss_gradient(*model, x, coupled);
      ++finished;
    }).join();
  }
  EXPECT_EQ(finished, 20);
}

}  // namespace
}  // namespace cebm
