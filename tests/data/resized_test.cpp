#include <cebm/dataset.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

Dataset set_of(const torch::Tensor& images) {
  return {"toy", "test", images, torch::arange(images.size(0), torch::kInt64), {"a", "b", "c"}, {}};
}

TEST(Resized, LeavesAShapeThatFitsAlone) {
  const Dataset data = set_of(torch::arange(2 * 12, torch::kUInt8).view({2, 1, 3, 4}));
  EXPECT_TRUE(resized(data, {1, 3, 4}).images.equal(data.images));
}

TEST(Resized, AveragesInsteadOfSkippingPixels) {
  // A checkerboard of single pixels, halved: grey everywhere, where skipping would give black or white.
  const torch::Tensor board =
      (torch::arange(16, torch::kInt64).view({1, 16}) + torch::arange(16, torch::kInt64).view({16, 1})).remainder(2);
  const Dataset half = resized(set_of((board * 255).to(torch::kUInt8).view({1, 1, 16, 16})), {1, 8, 8});
  const torch::Tensor inner = half.images.slice(2, 1, 7).slice(3, 1, 7).to(torch::kFloat);
  EXPECT_LT((inner - 127.5).abs().max().item<double>(), 1.0);
}

TEST(Resized, TurnsColourToLuminanceAndGreyToColour) {
  const torch::Tensor colour = torch::tensor({200, 100, 50}, torch::kUInt8).view({1, 3, 1, 1}).expand({2, 3, 4, 4});
  const Dataset grey = resized(set_of(colour), {1, 4, 4});
  EXPECT_EQ(grey.images[0][0][1][2].item<int>(), 124);  // 59.8 + 58.7 + 5.7
  EXPECT_EQ(grey.labels.size(0), 2);
  const Dataset back = resized(grey, {3, 4, 4});
  EXPECT_EQ(back.images.sizes(), (std::vector<std::int64_t>{2, 3, 4, 4}));
  EXPECT_TRUE((back.images == 124).all().item<bool>());
}

}  // namespace
}  // namespace cebm
