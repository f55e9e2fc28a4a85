#include "eval/evaluators/log_partition.h"

#include <cebm/image_io.h>
#include <cebm/random.h>
#include <gmock/gmock.h>

#include <cmath>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

using testing::HasSubstr;

class LogPartitionTest : public EvaluatorTest {
 protected:
  LogPartitionResult log_partition(const std::string& yaml) const {
    return LogPartitionResult::from_json(result_of("log-partition", yaml));
  }
};

// At a temperature so high that every energy counts for nothing, the model is uniform.
TEST_F(LogPartitionTest, OfAUniformModelIsTheBoxAndEightBits) {
  const LogPartitionResult result =
      log_partition("{temperature: 1.0e+9, chains: 4, distributions: 4, pilot: 2, reverse: buffer}");
  EXPECT_EQ(result.dimensions, 120);
  EXPECT_NEAR(result.forward.log_z, 120 * std::log(2.0), 1e-4);
  EXPECT_NEAR(result.forward.bits_per_dimension, 8.0, 1e-5);
  EXPECT_NEAR(result.forward.nats_per_dimension, std::log(2.0), 1e-5);
  ASSERT_TRUE(result.reverse);
  EXPECT_NEAR(result.reverse->log_z, 120 * std::log(2.0), 1e-4);
  EXPECT_EQ(result.reverse_from, "replay buffer at step 1");
}

TEST_F(LogPartitionTest, BothDirectionsAgreeOnASmallModel) {
  const LogPartitionResult result = log_partition("{chains: 32, distributions: 60, pilot: 8}");
  const double error = std::hypot(result.forward.standard_error, result.reverse->standard_error);
  EXPECT_LT(error, 0.5);
  // The buffer's images are no exact draws; the energies of one training step are nearly flat.
  EXPECT_NEAR(result.forward.log_z, result.reverse->log_z, 3.0 * error + 0.3);
  EXPECT_EQ(result.temperature, 1.0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "log-partition/path.svg"));
  EXPECT_EQ(read_npy(folder_ / "log-partition/log_weights_reverse.npy").size(0), 8) << "as many as the buffer has";
}

TEST_F(LogPartitionTest, TheSamplersTemperatureIsItsNoisesSquareOverItsStep) {
  const LogPartitionResult result =
      log_partition("{temperature: 0, chains: 2, distributions: 3, pilot: 2, reverse: none, images: 5}");
  EXPECT_NEAR(result.temperature, 0.0075 * 0.0075 / 2.0, 1e-12);
  EXPECT_EQ(result.sampler_temperature, result.temperature);
  EXPECT_FALSE(result.reverse);
  EXPECT_EQ(result.reverse_from, "not asked for");
  EXPECT_EQ(result.test_images, 5);
}

// -log p(x) = E(x) / T + log Z, of images whose bytes have been spread over their width.
TEST_F(LogPartitionTest, NatsAreTheMeanEnergyOfTheTestImagesAndLogZ) {
  const torch::Tensor bytes = (test_images(30) * 127.0 + 128.0).to(torch::kUInt8);
  const torch::Tensor labels = torch::zeros({30}, torch::kLong);
  add_splits("noisy", {"noisy", "train", bytes.flip(0).bitwise_not(), labels, {"down", "across"}, {}},
             {"noisy", "test", bytes, labels, {"down", "across"}, {}});
  const LogPartitionResult result = LogPartitionResult::from_json(
      result_of("log-partition", "{temperature: 0.001, chains: 2, distributions: 3, pilot: 2, reverse: none}",
                {"noisy", "test"}));
  const torch::Tensor u = torch::empty(bytes.sizes());
  fill_uniform(u, {1, Stream::dequantization}, torch::arange(30, torch::kInt64));
  auto& model = dynamic_cast<EnergyModel&>(*run_->model);
  const double energy =
      model.energy((bytes.to(torch::kFloat) + u) * (2.0 / 256.0) - 1.0).mean().item<double>() / result.temperature;
  ASSERT_GT(std::abs(energy), 1.0);
  EXPECT_NEAR(result.forward.nats_per_dimension, (energy + result.forward.log_z) / 120.0, 1e-4 * std::abs(energy));
}

TEST_F(LogPartitionTest, FewerImagesThanTheSetHasAreDrawnFromAllOfIt) {
  const torch::Tensor black = torch::zeros({20, 1, 12, 10}, torch::kUInt8);
  const torch::Tensor labels = torch::zeros({40}, torch::kLong);
  add_set("black", black.repeat({2, 1, 1, 1}), labels);
  add_set("sorted", torch::cat({black, torch::full_like(black, 255)}), labels);
  const auto nats_of = [&](const std::string& set, const std::string& images) {
    const std::string yaml = "{chains: 2, distributions: 3, pilot: 2, reverse: none, images: " + images + "}";
    return LogPartitionResult::from_json(result_of("log-partition", yaml, {set, "test"})).forward.nats_per_dimension;
  };
  EXPECT_NE(nats_of("sorted", "20"), nats_of("black", "20")) << "not the first 20";
  EXPECT_EQ(nats_of("black", "40"), nats_of("black", "100"));
}

TEST_F(LogPartitionTest, AGaussianBaseAndChainsFromNoiseAreNamed) {
  const LogPartitionResult result =
      log_partition("{base: gaussian, chains: 4, distributions: 10, pilot: 4, reverse: chains, reverse_steps: 2}");
  EXPECT_THAT(result.base, HasSubstr("Gaussian"));
  EXPECT_EQ(result.reverse_from, "2 steps of the run's sampler from noise");
}

TEST_F(LogPartitionTest, AGaussianBaseOfOneImageIsRefusedByItsOption) {
  const auto stripe = make_stripes({}, {})->images.narrow(0, 0, 1);
  add_set("single", stripe, torch::zeros({1}, torch::kLong));
  EXPECT_EQ(message_of<DataError>([&] {
              result_of("log-partition", "{base: gaussian}", {"single", "test"});
            }),
            "log-partition: base: gaussian: data set single, split train: expected at least 2 images, found 1");
}

}  // namespace
}  // namespace cebm
