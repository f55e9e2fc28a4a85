#include <cebm/decoder.h>
#include <cebm/errors.h>
#include <cebm/random.h>
#include <cebm/run.h>
#include <gtest/gtest.h>

#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm {
namespace {

torch::Tensor codes(std::int64_t count, std::int64_t dims) { return normal({count, dims}, {.seed = 4}); }

std::int64_t parameters_of(const Decoder& decoder) {
  std::int64_t count = 0;
  for (const auto& parameter : decoder.parameters()) count += parameter.numel();
  return count;
}

/// Table 3 (a): 3 -> 6 -> 12 -> 26 -> 28 pixels.
TransposedCnnOptions grey() {
  TransposedCnnOptions options;
  options.start = {32, 3, 3};
  options.layers.channels = {32, 64, 64};
  return options;
}

/// Table 3 (b), its third layer with a kernel of 4: 4 -> 8 -> 16 -> 32 -> 32 pixels.
TransposedCnnOptions colour() {
  TransposedCnnOptions options;
  options.start = {512, 4, 4};
  options.layers.channels = {32, 64, 64};
  options.layers.paddings = {1, 1, 1, 1};
  return options;
}

TEST(TransposedCnn, PapersDecodersEndInImagesWithTheWeightsCountedByHand) {
  const auto small = make_transposed_cnn(grey(), {{1, 28, 28}, 128, 1});
  EXPECT_EQ(small->forward(codes(3, 128)).sizes(), (std::vector<std::int64_t>{3, 1, 28, 28}));
  // 128*128+128 + 288*128+288 + 32*32*16+32 + 32*64*16+64 + 64*64*16+64 + 64*9+1
  EXPECT_EQ(parameters_of(*small), 16512 + 37152 + 16416 + 32832 + 65600 + 577);
  const auto large = make_transposed_cnn(colour(), {{3, 32, 32}, 128, 1});
  EXPECT_EQ(large->forward(codes(3, 128)).sizes(), (std::vector<std::int64_t>{3, 3, 32, 32}));
  // 16512 + 8192*128+8192 + 512*32*16+32 + 32*64*16+64 + 64*64*16+64 + 64*3*9+3
  EXPECT_EQ(parameters_of(*large), 16512 + 1056768 + 262176 + 32832 + 65600 + 1731);
}

TEST(TransposedCnn, EqualsItsLayersWrittenOutByHand) {
  TransposedCnnOptions options = grey();
  options.layers.activation.select("leaky_relu");
  options.layers.hidden_activation = "relu";
  const auto decoder = make_transposed_cnn(options, {{1, 28, 28}, 10, 1});
  decoder->to(torch::kFloat64);
  const torch::Tensor z = codes(4, 10).to(torch::kFloat64);
  const std::vector<torch::Tensor> w = decoder->parameters();
  torch::Tensor h = z;
  for (const std::size_t i : {0U, 1U}) h = (h.matmul(w[2 * i].t()) + w[2 * i + 1]).clamp_min(0.0);
  h = h.view({4, 32, 3, 3});
  for (std::size_t i = 2; i < 6; ++i) {
    h = at::conv_transpose2d(h, w[2 * i].contiguous(), w[2 * i + 1], i == 5 ? 1 : 2, i < 4 ? 1 : 0);
    if (i < 5) h = torch::where(h > 0, h, options.layers.activation.slope * h);
  }
  EXPECT_LT(relative_error(decoder->forward(z), h), 1e-12);
}

TEST(TransposedCnn, WithoutAStartTheCodeOrTheLastHiddenLayerIsOnePixel) {
  TransposedCnnOptions options;
  options.start = {};
  options.layers.channels = {5};
  options.layers.kernels = {4, 4};
  options.layers.strides = {1, 2};
  options.layers.paddings = {1, 1};  // 1 -> 2 -> 4 pixels
  options.layers.hidden = {};
  const DecoderContext context{{1, 4, 4}, 10, 1};
  const auto plain = make_transposed_cnn(options, context);
  const torch::Tensor z = codes(3, 10);
  const std::vector<torch::Tensor> w = plain->parameters();
  ASSERT_EQ(w.size(), 4U);
  const torch::Tensor first = at::conv_transpose2d(z.view({3, 10, 1, 1}), w[0], w[1], 1, 1);
  const torch::Tensor expected = at::conv_transpose2d(options.layers.activation(first), w[2], w[3], 2, 1);
  EXPECT_LT(relative_error(plain->forward(z), expected), 1e-5);
  options.layers.hidden = {7};
  const auto hidden = make_transposed_cnn(options, context);
  EXPECT_EQ(hidden->parameters()[2].sizes(), (std::vector<std::int64_t>{7, 5, 4, 4}));
  EXPECT_EQ(hidden->forward(z).sizes(), (std::vector<std::int64_t>{3, 1, 4, 4}));
}

TEST(TransposedCnn, RefusesLayersThatDoNotEndInTheImage) {
  const auto refusal = [](const TransposedCnnOptions& options, ImageShape image) {
    return message_of<ConfigError>([&] { make_transposed_cnn(options, {image, 8, 1}); });
  };
  EXPECT_NE(refusal(grey(), {1, 32, 32}).find("32x32, found sizes 3x3 -> 6x6 -> 12x12 -> 26x26 -> 28x28"),
            std::string::npos);
  TransposedCnnOptions lists = grey();
  lists.layers.channels = {32, 64, 64, 1};
  EXPECT_NE(refusal(lists, {1, 28, 28}).find("channels one less"), std::string::npos);
  TransposedCnnOptions start = grey();
  start.start = {32, 3};
  EXPECT_NE(refusal(start, {1, 28, 28}).find("start"), std::string::npos);
}

TEST(TransposedCnn, WeightsAreAFunctionOfTheSeedWithinPyTorchsBounds) {
  const auto build = [](std::uint64_t seed) { return make_transposed_cnn(grey(), {{1, 28, 28}, 16, seed}); };
  const auto a = build(1)->parameters();
  const auto same = build(1)->parameters();
  const auto other = build(2)->parameters();
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(a[i].equal(same[i])) << i;
    EXPECT_FALSE(a[i].equal(other[i])) << i;
  }
  // Second transposed convolution: 64 outputs, kernel 4 x 4.
  const double bound = 1.0 / std::sqrt(64.0 * 16.0);
  EXPECT_LE(a[6].abs().max().item<double>(), bound);
  EXPECT_GT(a[6].abs().max().item<double>(), 0.99 * bound);
}

}  // namespace
}  // namespace cebm
