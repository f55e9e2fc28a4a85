#include "train/attempt.h"

#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::HasSubstr;

RunConfig example(const Catalog& catalog, const std::string& yaml) {
  RunConfig config(catalog);
  read_options(parse_config(yaml), config);
  return config;
}

const char* const kYaml =
    "{train: {seed: 3, optimizer: {learning_rate: 0.01}}, sampler: {name: sgld, alpha: 2.0}, "
    "guard: {learning_rate_scale: 0.5, sampler_step_scale: 0.25}}";

TEST(Attempt, TheFirstIsTheConfigurationItself) {
  const Catalog catalog;
  const RunConfig config = example(catalog, kYaml);
  EXPECT_EQ(dump_options(config_of_attempt(config, 0)), dump_options(config));
}

void set_alpha(RunConfig& config, double alpha) {
  dynamic_cast<SgldOptions&>(config.sampler().options()).alpha = alpha;
}

TEST(Attempt, LaterOnesTakeSmallerStepsAndOtherRandomNumbersAndNothingElse) {
  const Catalog catalog;
  const RunConfig config = example(catalog, kYaml);
  std::set<std::int64_t> seeds{3};
  for (const std::uint64_t attempt : {1, 2, 3}) {
    RunConfig changed = config_of_attempt(config, attempt);
    EXPECT_DOUBLE_EQ(changed.train.optimizer.learning_rate, 0.01 * std::pow(0.5, attempt));
    RunConfig expected = example(catalog, kYaml);
    set_alpha(expected, 2.0 * std::pow(0.25, attempt));
    EXPECT_EQ(dump_options(changed.sampler().options()), dump_options(expected.sampler().options()));
    EXPECT_TRUE(seeds.insert(changed.train.seed).second);
    EXPECT_GE(changed.train.seed, 0);
    EXPECT_EQ(dump_options(changed), dump_options(config_of_attempt(config, attempt))) << "a pure function";
    changed.train.seed = config.train.seed;
    changed.train.optimizer.learning_rate = config.train.optimizer.learning_rate;
    set_alpha(changed, 2.0);
    EXPECT_EQ(dump_options(changed), dump_options(config));
  }
}

TEST(Attempt, NeighbouringSeedsShareNoAttempt) {
  const Catalog catalog;
  std::set<std::int64_t> seeds;
  for (const std::int64_t seed : {0, 1, 2, 3, 4}) {
    RunConfig config(catalog);
    config.train.seed = seed;
    for (std::uint64_t attempt = 0; attempt < 10; ++attempt)
      seeds.insert(config_of_attempt(config, attempt).train.seed);
  }
  EXPECT_EQ(seeds.size(), 50U);
}

TEST(Attempt, GradientsThatOthersHaveComputedDoNotEnterItsSteps) {
  const Catalog catalog;
  RunConfig config(catalog);
  read_options(load_config(std::filesystem::path(CEBM_TEST_CONFIGS_DIR) / "cebm.yaml"), config);
  const std::shared_ptr<Dataset> data = read_dataset(config.data, {.seed = 1});
  Attempt disturbed(config, 0, data, torch::kCPU, {});
  Attempt undisturbed(config, 0, data, torch::kCPU, {});
  for (const std::uint64_t step : {0, 1, 2}) {
    for (torch::Tensor& weight : disturbed.learner.model()->parameters())
      weight.mutable_grad() = torch::ones_like(weight);
    EXPECT_EQ(disturbed.learner.step(disturbed.source.batch(step), step).read(),
              undisturbed.learner.step(undisturbed.source.batch(step), step).read());
  }
  const auto expected = undisturbed.learner.model()->parameters();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(torch::equal(disturbed.learner.model()->parameters()[i], expected[i]));
  }
}

struct NoOptions final : SamplerOptions {
  void fields(Fields&) override {}
};

TEST(Attempt, ASamplerWithoutAStepSizeCannotBeScaled) {
  Catalog catalog;
  catalog.samplers.add(make_entry<NoOptions, SamplerEntry>(
      "still", "does nothing", "{}", [](const NoOptions&) -> std::shared_ptr<Sampler> { return nullptr; }));
  const RunConfig config = example(catalog, "{sampler: still, guard: {sampler_step_scale: 0.5}}");
  EXPECT_THAT(message_of<ConfigError>([&] { config_of_attempt(config, 1); }),
              testing::AllOf(HasSubstr("guard.sampler_step_scale"), HasSubstr("still")));
  EXPECT_EQ(config_of_attempt(example(catalog, "{sampler: still}"), 1).sampler().name(), "still");
}

TEST(RollbackTarget, IsTheNewestThatPrecedesTheFindingByTheMargin) {
  const std::vector<std::uint64_t> steps{0, 10, 20, 30, 40, 50};
  EXPECT_EQ(rollback_target(steps, 57, 10, {}), 40U);
  EXPECT_EQ(rollback_target(steps, 60, 10, {}), 50U);
  EXPECT_EQ(rollback_target(steps, 57, 0, {}), 50U);
  EXPECT_EQ(rollback_target({20, 30}, 25, 10, {}), 20U) << "the oldest where none is old enough";
  EXPECT_EQ(rollback_target({}, 25, 10, {}), std::nullopt);
}

TEST(RollbackTarget, GoesFurtherBackUnlessTheLastRollbackHelped) {
  const std::vector<std::uint64_t> steps{0, 10, 20, 30, 40};
  EXPECT_EQ(rollback_target(steps, 57, 10, {.attempt = 1, .last_found = 57, .last_target = 40}), 30U);
  EXPECT_EQ(rollback_target(steps, 45, 10, {.attempt = 1, .last_found = 57, .last_target = 40}), 30U);
  EXPECT_EQ(rollback_target(steps, 77, 10, {.attempt = 1, .last_found = 57, .last_target = 40}), 30U);
  EXPECT_EQ(rollback_target(steps, 78, 10, {.attempt = 1, .last_found = 57, .last_target = 40}), 40U);
  EXPECT_EQ(rollback_target({40}, 45, 10, {.attempt = 1, .last_found = 57, .last_target = 40}), 40U) << "the only one";
}

}  // namespace
}  // namespace cebm
