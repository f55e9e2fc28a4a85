#include "engine/cpu/lanes.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <new>

#include "models/build_models.h"

namespace cebm::lanes_test {
namespace {

TEST(Lanes, EndATileWithTheStageThatFailsAndTheOthersAfterTheirLast) {
  constexpr ImageShape kImage{1, 12, 10};
  constexpr std::int64_t kStages = 3;
  const auto model = build_model({Head::gaussian, Network::small, true, "negative_square", kImage});
  const ConvLayers layers = conv_layers(model->plan()->layers, kImage).value();
  const int threads = at::get_num_threads();
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    Lanes lanes(layers, kImage, Precision::float32, /*scratch_size=*/1);
    std::array<std::atomic<std::int64_t>, 2> stages{};
    const auto body = [&](Lane&, const Tile& tile, std::int64_t stage) {
      if (tile.index == 0 && stage == 0) throw std::bad_alloc();
      ++stages.at(static_cast<std::size_t>(tile.index));
    };
    EXPECT_THROW(lanes.for_each(2 * kLaneImages, kStages, body), std::bad_alloc);
    EXPECT_EQ(stages[0], 0);
    EXPECT_EQ(stages[1], kStages);
  }
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace cebm::lanes_test
