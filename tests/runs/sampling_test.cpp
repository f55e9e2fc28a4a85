// What a checkpoint knows about the sampler reaches the chains that are drawn from it, whole or of weights alone.
#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/sampling.h>
#include <cebm/trainer.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "support/folder_test.h"
#include "support/thread_ranks.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SamplingFromARun : public FolderTest {
 protected:
  /// A run of two steps on generated images of seed 3.
  OpenedRun trained(const std::vector<std::string>& overrides) const {
    RunConfig config(catalog_);
    ConfigNode node = parse_config(
        "{data: {name: noise, count: 20, size: 10}, model: {name: cebm, latent_dim: 3, encoder: {channels: [4], "
        "kernels: [3], strides: [2], paddings: [1]}}, buffer: {size: 8}, guard: {sampler_step_scale: 0.5}, "
        "train: {seed: 3, steps: 2, batch_size: 4, log_every: 1}}");
    apply_overrides(node, overrides);
    read_options(node, config);
    TrainPlan plan{.directory = folder_ / "run", .data = {}};
    plan.data.seed = 3;
    train(config, plan);
    return open_run(folder_ / "run", catalog_, torch::kCPU);
  }
  static void set_attempt(OpenedRun& run, std::uint64_t attempt) {
    run.checkpoint.parts.at("progress").values["rollbacks"]["attempt"] = attempt;
  }
  static void strip(OpenedRun& run) { run.checkpoint = weights_alone(run.checkpoint, Weights::average); }

  static double alpha_of(const OpenedRun& run) {
    const Choice<SamplerEntry> settings = sampler_settings(run);
    return dynamic_cast<const SgldOptions&>(settings.options()).alpha;
  }
  static nlohmann::json adapted(const OpenedRun& run) {
    State state;
    trained_sampler(run)->save(state);
    return state.values;
  }

  Catalog catalog_;
};

const std::vector<std::string> kSgld{"sampler={name: sgld, steps: 2, alpha: 0.1, noise: fixed, noise_std: 0.01}"};
const std::vector<std::string> kMala{"sampler={name: mala, steps: 2, alpha: 1.0e-4, adaptation: {gain: 1}}"};

TEST_F(SamplingFromARun, TakesTheStepsThatRollbacksLeft) {
  OpenedRun run = trained(kSgld);
  EXPECT_EQ(alpha_of(run), 0.1);
  const SampleRequest request{.count = 2, .steps = 3};
  const torch::Tensor before = draw_samples(run, request, torch::kCPU).images;
  set_attempt(run, 2);
  EXPECT_DOUBLE_EQ(alpha_of(run), 0.025);
  const torch::Tensor after = draw_samples(run, request, torch::kCPU).images;
  EXPECT_FALSE(after.equal(before));
  dynamic_cast<SgldOptions&>(run.config->sampler().options()).alpha = 0.025;
  set_attempt(run, 0);
  EXPECT_TRUE(draw_samples(run, request, torch::kCPU).images.equal(after));
}

TEST_F(SamplingFromARun, TakesTheSameStepsFromItsWeightsAlone) {
  OpenedRun run = trained(kSgld);
  set_attempt(run, 2);
  strip(run);
  EXPECT_DOUBLE_EQ(alpha_of(run), 0.025);
  strip(run);
  EXPECT_DOUBLE_EQ(alpha_of(run), 0.025) << "an export of an export";
}

TEST_F(SamplingFromARun, KeepsTheAdaptedStepSizeInItsWeightsAlone) {
  for (const std::string objective : {"pcd", "{name: sum, pcd: {weight: 1}, dsm: {weight: 0.1}}"}) {
    std::vector<std::string> overrides{"objective=" + objective};
    overrides.insert(overrides.end(), kMala.begin(), kMala.end());
    OpenedRun run = trained(overrides);
    const nlohmann::json whole = adapted(run);
    ASSERT_NE(whole.at("sampler").at("log_factor").get<double>(), 0.0);
    strip(run);
    EXPECT_EQ(adapted(run), whole) << objective;
    EXPECT_EQ(missing_adaptation(run, sampler_settings(run)), "");
    EXPECT_FALSE(replay_images(run).defined()) << "no tensors besides the model's";
    std::filesystem::remove_all(folder_ / "run");
  }
}

TEST_F(SamplingFromARun, SaysWhereAnOlderExportLacksTheAdaptedStepSize) {
  OpenedRun run = trained(kMala);
  strip(run);
  run.checkpoint.parts.erase("sampling");
  EXPECT_THAT(missing_adaptation(run, sampler_settings(run)),
              AllOf(HasSubstr("step 2"), HasSubstr("adapted step size"), HasSubstr("'mala'")));
  Choice<SamplerEntry> fixed = sampler_settings(run);
  dynamic_cast<MalaOptions&>(fixed.options()).adaptation.enabled = false;
  EXPECT_EQ(missing_adaptation(run, fixed), "") << "nothing to be missed";
}

TEST_F(SamplingFromARun, DenoisesAtTheTemperatureOfTheLastStep) {
  std::vector<std::string> overrides = kSgld;
  overrides.insert(overrides.end(), {"sampler.alpha_over_training={kind: steps, at: [1], by: 0.1}",
                                     "sampler.noise_over_training={kind: steps, at: [1], by: 2}"});
  OpenedRun run = trained(overrides);
  set_attempt(run, 1);
  const double expected = 0.02 * 0.02 / (0.1 * 0.5 * 0.1);
  EXPECT_NEAR(stationary_temperature(run, sampler_settings(run)), expected, 1e-12);
  SampleRequest request{.count = 2, .steps = 3};
  request.restoration = {.images = torch::zeros({1, 1, 10, 10}), .sigma = 0.3};
  const torch::Tensor drawn = draw_samples(run, request, torch::kCPU).images;
  request.restoration.temperature = expected;
  EXPECT_TRUE(draw_samples(run, request, torch::kCPU).images.allclose(drawn, 1e-5, 1e-5));
  request.restoration.temperature = 0.01 * 0.01 / 0.1;
  EXPECT_FALSE(draw_samples(run, request, torch::kCPU).images.allclose(drawn, 1e-5, 1e-5));
}

TEST_F(SamplingFromARun, DenoisesOnlyWithATemperatureToWeighTheNoiseBy) {
  std::vector<std::string> overrides = kSgld;
  overrides.emplace_back("sampler.noise_std=0");
  const OpenedRun run = trained(overrides);
  SampleRequest request{.count = 1, .steps = 1};
  request.restoration = {.images = torch::zeros({1, 1, 10, 10}), .sigma = 0.3};
  const auto message = [&] { return message_of<ConfigError>([&] { draw_samples(run, request, torch::kCPU); }); };
  EXPECT_THAT(message(), AllOf(HasSubstr("temperature: "), HasSubstr("weigh the noise"), HasSubstr("found 0")));
  request.restoration.temperature = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(message(), HasSubstr("temperature"));
  request.restoration.temperature = 1e-3;
  EXPECT_NO_THROW(draw_samples(run, request, torch::kCPU));
  request.restoration.sigma = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(message(), HasSubstr("noise: expected a standard deviation"));
}

TEST_F(SamplingFromARun, RefusesAStartThatIsNoFiniteImageOfTheModel) {
  const OpenedRun run = trained(kSgld);
  const torch::Tensor fits = torch::zeros({3, 1, 10, 10});
  for (const torch::Tensor& start :
       {torch::zeros({3, 1, 5, 5}), torch::zeros({3, 3, 10, 10}), torch::zeros({3, 1, 100, 100}),
        torch::zeros({3, 10, 10}), fits.to(torch::kDouble), fits.to(torch::kByte)}) {
    const SampleRequest request{.count = 3, .steps = 1, .start = start};
    EXPECT_THAT(message_of<ConfigError>([&] { draw_samples(run, request, torch::kCPU); }),
                HasSubstr("expected float32 images of shape [N, 1, 10, 10], found"));
  }
  for (const float number : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const SampleRequest request{.count = 3, .steps = 1, .start = torch::full_like(fits, number)};
    EXPECT_THAT(message_of<ConfigError>([&] { draw_samples(run, request, torch::kCPU); }), HasSubstr("finite"));
  }
  EXPECT_NO_THROW(draw_samples(run, {.count = 3, .steps = 1, .start = fits + 1.2}, torch::kCPU)) << "noisy images";
}

TEST_F(SamplingFromARun, RefusesNumbersThatWouldNeverEnd) {
  const OpenedRun run = trained(kSgld);
  EXPECT_THROW(draw_samples(run, {.count = 2, .steps = 1, .batch_size = 0}, torch::kCPU), std::invalid_argument);
  EXPECT_THROW(draw_samples(run, {.count = 2, .steps = 1, .trace_chains = 1, .trace_points = 0}, torch::kCPU),
               std::invalid_argument);
}

// Held pixels are at the edge of [-1, 1], where half of all noise leaves it.
TEST_F(SamplingFromARun, FillsInPixelsBesideHeldOnesThatStepsBeyondTheEdgeWouldStop) {
  for (const char* sampler : {"{name: sgld, alpha: 1.0e-4, noise: fixed, noise_std: 0.01, boundary: reject}",
                              "{name: mala, alpha: 1.0e-4, adaptation: {enabled: false}}"}) {
    const OpenedRun run = trained({std::string("sampler=") + sampler, "sampler.steps=2"});
    torch::Tensor image = torch::full({1, 1, 10, 10}, -1.0F);
    const torch::Tensor free = torch::zeros({1, 1, 10, 10});
    free.narrow(2, 0, 5).fill_(1.0F);
    SampleRequest request{.count = 4, .steps = 20, .start = torch::where(free.gt(0), torch::zeros({1}), image)};
    request.start = request.start.expand({4, 1, 10, 10}).contiguous();
    request.restoration = {.images = image, .free = free};
    const torch::Tensor drawn = draw_samples(run, request, torch::kCPU).images;
    EXPECT_TRUE((drawn.narrow(2, 0, 5) != 0.0F).flatten(1).any(1).all().item<bool>())
        << sampler << ": every chain moved";
    EXPECT_TRUE(drawn.narrow(2, 5, 5).eq(-1.0F).all().item<bool>()) << "held";
    std::filesystem::remove_all(folder_ / "run");
  }
}

TEST_F(SamplingFromARun, UsesNoNoiseOfItsTrainingWhateverTheStepsOfTheGivenSampler) {
  const OpenedRun run = trained(kSgld);
  EXPECT_EQ(first_free_step(run), 4U) << "two gradient steps of two";
  auto shorter = std::make_shared<Choice<SamplerEntry>>(sampler_settings(run));
  SampleRequest request{.count = 2, .steps = 3, .sampler = shorter};
  const torch::Tensor expected = draw_samples(run, request, torch::kCPU).images;
  dynamic_cast<SgldOptions&>(shorter->options()).steps = 1;
  EXPECT_TRUE(draw_samples(run, request, torch::kCPU).images.equal(expected));
}

TEST_F(SamplingFromARun, UsesNoNoiseOfItsTrainingWhereEarlierStepsOfItWereMore) {
  OpenedRun run = trained(kSgld);
  run.checkpoint.parts.at("objective").values["free_step"] = std::uint64_t{20};
  EXPECT_EQ(first_free_step(run), 20U);
  strip(run);
  EXPECT_EQ(first_free_step(run), 20U) << "of weights alone";
  run.checkpoint.parts.at("sampling").values["objective"].erase("free_step");
  EXPECT_EQ(first_free_step(run), 4U) << "checkpoints of earlier versions do not have it";
}

TEST_F(SamplingFromARun, SaysWhereJointSamplingHasTwoTemperatures) {
  const OpenedRun run = trained(kSgld);
  Choice<SamplerEntry> settings = sampler_settings(run);
  EXPECT_THAT(joint_of_two_temperatures(run, settings), AllOf(HasSubstr("'sgld'"), HasSubstr("temperature 0.001")));
  auto& options = dynamic_cast<SgldOptions&>(settings.options());
  options.noise_std = std::sqrt(options.alpha);
  EXPECT_EQ(joint_of_two_temperatures(run, settings), "");
  options.noise = NoiseScale::sqrt_alpha;
  EXPECT_EQ(joint_of_two_temperatures(run, settings), "");
  options.temperature = 0.5;
  EXPECT_THAT(joint_of_two_temperatures(run, settings), HasSubstr("temperature 0.5"));
}

TEST_F(SamplingFromARun, SaysWhereAnotherStepSizeIsMultipliedByTheAdaptedFactor) {
  OpenedRun run = trained(kMala);
  Choice<SamplerEntry> settings = sampler_settings(run);
  EXPECT_EQ(adapted_besides(run, settings), "");
  auto& options = dynamic_cast<MalaOptions&>(settings.options());
  options.alpha = 1e-5;
  EXPECT_THAT(adapted_besides(run, settings), HasSubstr("adaptation.enabled=false"));
  options.adaptation.enabled = false;
  EXPECT_EQ(adapted_besides(run, settings), "");
}

TEST_F(SamplingFromARun, KeepsTheAdaptedFactorWithinTheRangeOfTheGivenSettings) {
  OpenedRun run = trained(kMala);
  Choice<SamplerEntry> settings = sampler_settings(run);
  dynamic_cast<MalaOptions&>(settings.options()).adaptation.range = 1.001;
  State state;
  trained_sampler(run, settings)->save(state);
  EXPECT_LE(std::abs(state.values.at("sampler").at("log_factor").get<double>()), std::log(1.001) * (1.0 + 1e-12));
}

TEST_F(SamplingFromARun, SaysWhereASchedulesEndLeavesNoStepSize) {
  std::vector<std::string> overrides = kSgld;
  overrides.emplace_back("sampler.alpha_over_training={kind: linear, final: 0}");
  const OpenedRun run = trained(overrides);
  EXPECT_THAT(why_chains_stand(run, sampler_settings(run)), AllOf(HasSubstr("'sgld'"), HasSubstr("to 0 at step 2")));
  EXPECT_EQ(stationary_temperature(run, sampler_settings(run)), 0.0);
  Choice<SamplerEntry> moving = sampler_settings(run);
  dynamic_cast<SgldOptions&>(moving.options()).alpha_over_training.final = 0.1;
  EXPECT_EQ(why_chains_stand(run, moving), "");
}

TEST_F(SamplingFromARun, StartsFromTheGeneratedImagesOfItsTrainingWhateverTheSeedOfTheChains) {
  const OpenedRun run = trained(kSgld);
  const torch::Tensor starts =
      draw_samples(run, {.init = "data", .count = 5, .steps = 0, .seed = 7}, torch::kCPU).images;
  const DataContext own{.split = "train", .seed = 3, .image = run.model->image_shape()};
  const auto data = run.config->data.build(own);
  const torch::Tensor images = to_float(data->images);
  for (const torch::Tensor& start : starts.split(1)) {
    EXPECT_EQ((images - start).abs().flatten(1).amax(1).min().item<float>(), 0.0F) << "one of the training images";
  }
}

// Two programs started by one srun, each for a run of its own, would otherwise share their chains.
TEST_F(SamplingFromARun, RanksOfDifferentRunsDrawNothing) {
  const OpenedRun one = trained({"train.seed=3"});
  std::filesystem::rename(folder_ / "run", folder_ / "one");
  const OpenedRun other = trained({"train.seed=4"});
  for (const bool same : {false, true}) {
    in_ranks(2, [&](const std::shared_ptr<Ranks>& ranks) {
      SampleRequest request;
      request.count = 64;
      request.steps = 1;
      request.ranks = ranks;
      const auto draw = [&] { draw_samples(same || ranks->leads() ? one : other, request, torch::kCPU); };
      if (same) {
        EXPECT_NO_THROW(draw());
      } else {
        EXPECT_THROW(draw(), ConfigError);
      }
    });
  }
}

}  // namespace
}  // namespace cebm
