// Two players through the training loop: two optimisers, exact resume, running averages.
#include <ATen/Parallel.h>
#include <cebm/catalog.h>
#include <cebm/files.h>
#include <cebm/module_state.h>
#include <cebm/trainer.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "runs/metrics_log.h"
#include "support/folder_test.h"
#include "train/optimizers.h"

namespace cebm::bigan_training_test {
namespace {

namespace fs = std::filesystem;

struct NoOptions final : Options {
  void fields(Fields&) override {}
};

const Catalog& toy_catalog() {
  static const Catalog extended = [] {
    Catalog copy;
    copy.datasets.add(
        make_entry<NoOptions, DatasetEntry>("toy", "noise", "{}", [](const NoOptions&, const DataContext& context) {
          const torch::Tensor images = uniform({40, 1, 12, 10}, {.seed = 5}, 0.0F, 255.0F).to(torch::kUInt8);
          const torch::Tensor labels = torch::zeros({40}, torch::kInt64);
          return std::make_shared<Dataset>(Dataset{"toy", context.split, images, labels, {"none"}, {}});
        }));
    return copy;
  }();
  return extended;
}

constexpr const char* kConfig = R"(
data: toy
model:
  name: gmm_bigan
  latent_dim: 6
  prior: {name: gaussian_mixture, components: 3}
  encoder: {channels: [4], kernels: [4], strides: [2], paddings: [1], hidden: [8]}
  generator: {start: [4, 6, 5], channels: [4], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}
  discriminator: {channels: [4], kernels: [4], strides: [2], paddings: [1], hidden: [8]}
objective: bigan
train: {steps: 6, log_every: 2, sample_every: 6, ema_decay: 0.9, optimizer: {learning_rate: 0.01}}
checkpoint: {every: 3, keep_last: 0}
)";

class BiganTraining : public FolderTest {
 protected:
  TrainOutcome run(const std::string& name, bool resume, std::uint64_t stop_at = 0,
                   std::int64_t batch_size = 12) const {
    RunConfig config(toy_catalog());
    read_options(parse_config(kConfig), config);
    config.train.batch_size = batch_size;
    std::uint64_t step = 0;
    TrainCallbacks callbacks;
    callbacks.should_stop = [&] { return ++step == stop_at; };
    return train(config, {.directory = folder_ / name, .data = {}, .resume = resume}, callbacks);
  }

  Checkpoint last(const std::string& name) const {
    return load_checkpoint(list_checkpoints(folder_ / name / "checkpoints").back());
  }
};

void expect_equal(const Checkpoint& found, const Checkpoint& expected) {
  ASSERT_EQ(found.step, expected.step);
  for (const auto& [part, state] : expected.parts) {
    EXPECT_EQ(found.part(part).values, state.values) << part;
    ASSERT_EQ(found.part(part).tensors.size(), state.tensors.size()) << part;
    for (const auto& [name, tensor] : state.tensors) {
      EXPECT_TRUE(found.part(part).tensors.at(name).equal(tensor)) << part << " " << name;
    }
  }
}

TEST_F(BiganTraining, AResumedRunEqualsOneThatWasNotStopped) {
  EXPECT_EQ(run("straight", false), TrainOutcome::finished);
  EXPECT_EQ(run("resumed", false, 4), TrainOutcome::stopped);
  EXPECT_EQ(run("resumed", true), TrainOutcome::finished);
  expect_equal(last("resumed"), last("straight"));
  EXPECT_EQ(contents(folder_ / "resumed/metrics.csv"), contents(folder_ / "straight/metrics.csv"));
  EXPECT_EQ(contents(folder_ / "resumed/samples/step_000000006.png"),
            contents(folder_ / "straight/samples/step_000000006.png"));
}

TEST_F(BiganTraining, IsTheSameForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::int64_t two_tiles = 20;
  run("one", false, 0, two_tiles);
  at::set_num_threads(2);
  run("two", false, 0, two_tiles);
  at::set_num_threads(threads);
  expect_equal(last("two"), last("one"));
}

TEST_F(BiganTraining, BothPlayersMoveAndBothGradientsAreLogged) {
  run("run", false);
  const auto checkpoints = list_checkpoints(folder_ / "run/checkpoints");
  const State before = load_checkpoint(checkpoints.front()).part("model");
  const Checkpoint after = last("run");
  for (const auto& [name, tensor] : before.tensors) {
    EXPECT_FALSE(after.part("model").tensors.at(name).equal(tensor)) << name;
    const bool averaged_only = name.find("running_") != std::string::npos;
    EXPECT_EQ(after.part("optimizer").tensors.contains("m." + name), !averaged_only) << name;
    EXPECT_TRUE(after.part("ema").tensors.contains(name)) << name;
  }
  const MetricsTable metrics = read_metrics(folder_ / "run/metrics.csv");
  EXPECT_EQ(metrics.columns, (std::vector<std::string>{"step", "loss_discriminator", "loss_generator", "d_real",
                                                       "d_fake", "image_noise_std", "gradient_norm",
                                                       "gradient_norm_discriminator", "weight_norm", "learning_rate"}));
  for (const char* norm : {"gradient_norm", "gradient_norm_discriminator"}) {
    ASSERT_EQ(metrics.column(norm).size(), 3U);
    for (const double value : metrics.column(norm)) EXPECT_GT(value, 0.0) << norm;
  }
  EXPECT_NE(metrics.column("gradient_norm"), metrics.column("gradient_norm_discriminator"));
}

TEST_F(BiganTraining, TheAveragedModelOpensWithItsAveragedStatistics) {
  run("run", false);
  const OpenedRun opened = open_run(folder_ / "run", toy_catalog(), torch::kCPU, Weights::average);
  ASSERT_TRUE(opened.averaged);
  const State state = module_state(*opened.model);
  for (const auto& [name, tensor] : opened.checkpoint.part("ema").tensors) {
    EXPECT_TRUE(state.tensors.at(name).equal(tensor)) << name;
  }
}

NamedTensors three_weights() {
  NamedTensors all;
  for (const char* name : {"a", "b", "c"}) all.emplace_back(name, torch::ones({2}).requires_grad_(true));
  return all;
}

TEST(Optimizers, EachGroupIsClippedByItsOwnNorm) {
  const NamedTensors weights = three_weights();
  AdamOptions options;
  options.gradient_clip = 1.0;
  Optimizers optimizers(weights, {{"first", {weights[0].second, weights[2].second}}, {"second", {weights[1].second}}},
                        options);
  for (std::size_t i = 0; i < 3; ++i) weights[i].second.mutable_grad() = torch::full({2}, i == 1 ? 30.0F : 0.1F);
  const auto norms = optimizers.step(0);
  EXPECT_EQ(optimizers.norm_names(), (std::vector<std::string>{"gradient_norm", "gradient_norm_second"}));
  EXPECT_NEAR(norms[0].item<double>(), 0.2, 1e-6);
  EXPECT_NEAR(norms[1].item<double>(), 30.0 * std::sqrt(2.0), 1e-4);
  State state;
  optimizers.save(state);
  EXPECT_NEAR(state.tensors["m.a"][0].item<double>(), 0.01, 1e-7) << "below the limit: as it is";
  EXPECT_NEAR(state.tensors["m.b"][0].item<double>(), 0.1 / std::sqrt(2.0), 1e-6);
}

TEST(Optimizers, OneGroupOfAllWeightsIsSavedAsBefore) {
  const NamedTensors weights = three_weights();
  State grouped;
  State plain;
  Optimizers(weights, {}, AdamOptions()).save(grouped);
  Adam(weights, AdamOptions()).save(plain);
  ASSERT_EQ(grouped.tensors.size(), plain.tensors.size());
  for (const auto& [name, tensor] : plain.tensors) EXPECT_TRUE(grouped.tensors.contains(name)) << name;
  EXPECT_EQ(Optimizers(weights, {}, AdamOptions()).norm_names(), std::vector<std::string>{"gradient_norm"});
}

TEST(Optimizers, RefuseAWeightInNoGroupOrInTwo) {
  const NamedTensors weights = three_weights();
  const auto build = [&](const std::vector<WeightGroup>& groups) { Optimizers(weights, groups, AdamOptions()); };
  const torch::Tensor a = weights[0].second;
  const torch::Tensor b = weights[1].second;
  const torch::Tensor c = weights[2].second;
  EXPECT_THROW(build({{"first", {a}}, {"second", {b}}}), std::invalid_argument);
  EXPECT_THROW(build({{"first", {a, b}}, {"second", {b, c}}}), std::invalid_argument);
  EXPECT_THROW(build({{"first", {a, b, c}}, {"second", {torch::ones({2})}}}), std::invalid_argument);
  EXPECT_NO_THROW(build({{"first", {c, a}}, {"second", {b}}}));
}

}  // namespace
}  // namespace cebm::bigan_training_test
