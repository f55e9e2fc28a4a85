// Sums of objectives: their gradient, their settings, and the state of their terms.
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/run.h>
#include <gmock/gmock.h>

#include "contract/rows.h"
#include "models/build_models.h"
#include "support/folder_test.h"
#include "support/numeric.h"
#include "support/thread_ranks.h"

namespace cebm::sum_test {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr ImageShape kImage{1, 12, 10};
constexpr const char* kBoth =
    "{objective: {name: sum, pcd: {weight: 0.5}, pair: {weight: 2, views: {rotation: 5}}}, "
    "sampler: {steps: 2}, buffer: {size: 8}}";

RunConfig config_of(const std::string& yaml) {
  RunConfig config(catalog());
  read_options(parse_config(yaml), config);
  return config;
}

std::shared_ptr<Objective> build(const std::string& yaml, const std::shared_ptr<Model>& model,
                                 std::int64_t batch_size = 4) {
  return config_of(yaml).objective.build(ObjectiveContext{.model = model, .seed = 3, .batch_size = batch_size});
}

std::vector<torch::Tensor> gradients(const std::string& yaml, const Batch& batch) {
  const auto model = sharp_model(Head::gaussian, kImage);
  build(yaml, model, batch.size())->add_gradient(batch, 2);
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& parameter : model->parameters()) all.push_back(parameter.grad());
  return all;
}

TEST(Sum, ItsGradientIsTheWeightedSumOfItsTerms) {
  const Batch batch = unlabelled(test_images(4, kImage));
  const auto found = gradients(kBoth, batch);
  const auto pcd = gradients("{objective: pcd, sampler: {steps: 2}, buffer: {size: 8}}", batch);
  const auto pair = gradients("{objective: {name: pair, views: {rotation: 5}}}", batch);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LT(relative_error(found[i], 0.5 * pcd[i] + 2.0 * pair[i]), 1e-5) << i;
  }
}

TEST(Sum, ATermMaySeeAPartOfTheBatch) {
  const Batch batch = unlabelled(test_images(6, kImage));
  const auto found = gradients("{objective: {name: sum, dsm: {weight: 1, skip: 1, images: 3}}}", batch);
  const auto dsm = gradients("{objective: dsm}", rows_of_batch(batch, 1, 3));
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_LT(relative_error(found[i], dsm[i]), 1e-6) << i;
  const auto model = sharp_model(Head::gaussian, kImage);
  EXPECT_THAT(message_of<ConfigError>([&] { build("{objective: {name: sum, dsm: {weight: 1, images: 5}}}", model); }),
              HasSubstr("objective.dsm"));
}

TEST(Sum, ATermWithFewerImagesThanRanksIsRefusedBeforeTheTraining) {
  in_ranks(3, [](const std::shared_ptr<Ranks>& ranks) {
    const RunConfig config = config_of("{objective: {name: sum, dsm: {weight: 1, images: 2}}}");
    const ObjectiveContext context{
        .model = sharp_model(Head::gaussian, kImage), .seed = 3, .batch_size = 4, .ranks = ranks};
    EXPECT_THAT(message_of<ConfigError>([&] { config.objective.build(context); }),
                HasSubstr("objective.dsm: expected at least an image for each of 3 ranks, found 2"));
  });
}

TEST(Sum, NamesItsTermsMetricsAfterThem) {
  const RunConfig config = config_of(kBoth);
  std::vector<std::string> names;
  std::vector<std::string> keys;
  for (const Metric& metric : config.objective_options().metrics()) {
    names.push_back(metric.name);
    for (const Watch& watch : metric.watches) keys.push_back(watch.key);
  }
  EXPECT_THAT(names, Contains("pcd.energy_gap"));
  EXPECT_THAT(names, Contains("pair.accuracy"));
  EXPECT_THAT(keys, Contains("max_energy_gap"));
}

TEST(Sum, HasTheSamplerAndTheBufferOfItsTerm) {
  RunConfig config = config_of(kBoth);
  EXPECT_TRUE(config.objective_options().has_sampler());
  EXPECT_EQ(dynamic_cast<SgldOptions&>(config.sampler().options()).steps, 2);
  EXPECT_THAT(
      message_of<ConfigError>([] { config_of("{objective: {name: sum, pair: {weight: 1}}, buffer: {size: 8}}"); }),
      HasSubstr("buffer: there is such a setting only with objective: pcd"));
  EXPECT_EQ(dump_options(config_of(dump_options(config))), dump_options(config));
}

TEST(Sum, KeepsTheChainsOfItsTermInItsState) {
  const auto objective = build(kBoth, sharp_model(Head::gaussian, kImage));
  objective->add_gradient(unlabelled(test_images(4, kImage)), 0);
  State state;
  objective->save(state);
  const RunConfig config = config_of(kBoth);
  const ObjectiveOptions& options = config.objective_options();
  EXPECT_TRUE(options.state_of_chains(state).tensors.at("images").equal(objective->showcase(8)));
  EXPECT_EQ(options.kept_chains()->size, 8);
  EXPECT_EQ(config_of("{objective: {name: sum, pair: {weight: 1}}}").objective_options().kept_chains(), nullptr);
}

TEST(Sum, RefusesNothingAtAllAndTwoSamplers) {
  const auto model = sharp_model(Head::mixture_shared, kImage);
  EXPECT_THAT(message_of<ConfigError>([&] { build("{objective: sum}", model); }), HasSubstr("weight above 0"));
  EXPECT_THAT(
      message_of<ConfigError>([&] { build("{objective: {name: sum, pcd: {weight: 1}, jem: {weight: 1}}}", model); }),
      HasSubstr("one objective with a sampler"));
}

TEST(Sum, SaysWhatItsWeightsLeaveWithoutEffect) {
  const ConfigNode node = parse_config("{objective: {name: sum, pcd: {weight: 1}, pair: {views: {rotation: 5}}}}");
  RunConfig config(catalog());
  read_options(node, config);
  std::vector<std::string> unused;
  for (const UnusedSetting& setting : unused_settings(node, config)) unused.push_back(setting.describe());
  ASSERT_EQ(unused.size(), 1U);
  EXPECT_THAT(unused[0], HasSubstr("objective.pair.views"));
  EXPECT_THAT(unused[0], HasSubstr("weight: above 0"));
}

TEST(Settings, OfBatchesThatAnObjectiveDoesNotReadHaveNoEffect) {
  for (const auto& [yaml, key] : std::vector<std::pair<const char*, const char*>>{
           {"{objective: pair, train: {data_noise_std: 0.1}}", "train.data_noise_std"},
           {"{model: vae, objective: elbo, train: {data_noise_std: 0.1}}", "train.data_noise_std"},
           {"{model: bigan, objective: bigan, train: {data_noise_std: 0.1}}", "train.data_noise_std"},
           {"{objective: pcd, train: {labels_per_class: 10}}", "train.labels_per_class"}}) {
    RunConfig config(catalog());
    const ConfigNode node = parse_config(yaml);
    read_options(node, config);
    const auto unused = unused_settings(node, config);
    ASSERT_EQ(unused.size(), 1U) << yaml;
    EXPECT_EQ(unused[0].key, key);
  }
  RunConfig config(catalog());
  const ConfigNode node = parse_config("{objective: jem, train: {data_noise_std: 0.1, labels_per_class: 10}}");
  read_options(node, config);
  EXPECT_TRUE(unused_settings(node, config).empty());
}

}  // namespace
}  // namespace cebm::sum_test
