// Persistent contrastive divergence: what moves the chains of its buffer.
#include <cebm/catalog.h>
#include <cebm/conditional.h>
#include <cebm/errors.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/folder_test.h"

namespace cebm::pcd_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr ImageShape kImage{.channels = 1, .height = 8, .width = 8};
constexpr std::int64_t kBatch = 6;
constexpr std::int64_t kSteps = 5;

const Catalog& catalog() {
  static const Catalog built_in;
  return built_in;
}

std::shared_ptr<EnergyModel> model_of(const std::string& yaml) {
  Choice<ModelEntry> choice(catalog(), "cebm");
  DescribedBy options([&](Fields& visit) { visit.variant("model", choice, ""); });
  read_options(parse_config("model: {" + yaml +
                            ", latent_dim: 3, encoder: {channels: [4], kernels: [4], strides: [2], paddings: [1]}}"),
               options);
  return std::dynamic_pointer_cast<EnergyModel>(choice.build(ModelContext{kImage, 1}));
}

const char* const kMixture = "name: cebmm, bias: {components: 3}";

PcdOptions options_with(std::int64_t component_steps) {
  PcdOptions options(catalog());
  options.chains.as<SgldOptions>().steps = kSteps;
  options.buffer.size = 10;
  options.buffer.component_steps = component_steps;
  return options;
}

Batch batch() { return unlabelled(uniform({kBatch, 1, 8, 8}, {.seed = 3}, -1.0F, 1.0F)); }

/// Where the buffer's chains are after the first gradient step.
torch::Tensor chains_of(const PcdOptions& options, const std::shared_ptr<EnergyModel>& model) {
  const auto pcd = make_pcd(options, {.model = model, .batch_size = kBatch});
  pcd->add_gradient(batch(), 0);
  return pcd->showcase(options.buffer.size);
}

TEST(Pcd, MovesChainsOnTheirComponentsFirstAndThenOnAll) {
  const auto model = model_of(kMixture);
  const auto cebm = std::dynamic_pointer_cast<Cebm>(model);
  for (const std::int64_t of_component : {2, 5, 9}) {
    const PcdOptions options = options_with(of_component);
    ReplayBuffer buffer(options.buffer, kImage, 1, torch::kCPU);
    Chains chains = buffer.draw(kBatch, 0);
    const auto sampler = options.chains.build();
    const std::int64_t first = std::min(of_component, kSteps);
    sampler->advance(*energy_given_component(cebm, chains.ids.remainder(3)), chains, first, 1, 0);
    sampler->advance(*model, chains, kSteps - first, 1, static_cast<std::uint64_t>(first));
    buffer.store(chains);
    EXPECT_TRUE(chains_of(options, model).equal(buffer.images())) << of_component;
    EXPECT_FALSE(chains_of(options_with(0), model).equal(buffer.images())) << of_component;
  }
}

/// The state of a training by these options after three gradient steps.
State state_after_three_steps(const PcdOptions& options, const std::shared_ptr<EnergyModel>& model) {
  const auto pcd = make_pcd(options, {.model = model, .batch_size = kBatch});
  for (std::uint64_t step = 0; step < 3; ++step) pcd->add_gradient(batch(), step);
  State state;
  pcd->save(state);
  return state;
}

TEST(Pcd, ReusesNoNoiseWhereCallsMakeFewerStepsThanBefore) {
  const auto model = model_of("name: cebm");
  State state = state_after_three_steps(options_with(0), model);
  PcdOptions fewer = options_with(0);
  fewer.chains.as<SgldOptions>().steps = 2;
  const auto moved_from = [&](std::uint64_t first_step) {
    ReplayBuffer buffer(fewer.buffer, kImage, 1, torch::kCPU);
    buffer.load(state);
    Chains chains = buffer.draw(kBatch, 3);
    fewer.chains.build()->advance(*model, chains, 2, 1, first_step);
    buffer.store(chains);
    return buffer.images();
  };
  const auto found = [&] {
    const auto pcd = make_pcd(fewer, {.model = model, .batch_size = kBatch});
    pcd->load(state);
    pcd->add_gradient(batch(), 3);
    return pcd->showcase(fewer.buffer.size);
  };
  EXPECT_TRUE(found().equal(moved_from(3 * kSteps)));
  state.values.erase("free_step");
  EXPECT_TRUE(found().equal(moved_from(3 * 2))) << "states of earlier versions go on as they did";
}

TEST(Pcd, LoadsWhatFitsAndNamesAllThatDoesNot) {
  const auto model = model_of("name: cebm");
  const State state = state_after_three_steps(options_with(0), model);
  PcdOptions options = options_with(0);
  options.chains.select("hmc");
  const auto pcd = make_pcd(options, {.model = model, .batch_size = kBatch});
  EXPECT_THAT(message_of<CheckpointError>([&] { pcd->load(state); }),
              AllOf(StartsWith("sampler: "), Not(HasSubstr("buffer"))));
  EXPECT_TRUE(pcd->showcase(10).equal(state.tensors.at("images"))) << "the chains fit";
  options.buffer.size = 12;
  const auto larger = make_pcd(options, {.model = model, .batch_size = kBatch});
  EXPECT_THAT(message_of<CheckpointError>([&] { larger->load(state); }),
              AllOf(HasSubstr("buffer: chains: tensor 'images'"), HasSubstr("; sampler: ")));
}

TEST(Pcd, WatchesTheGapsBoundOnlyWhereTheContrastHasIt) {
  for (const Contrast kind : {Contrast::difference, Contrast::softplus, Contrast::cross_entropy}) {
    PcdOptions options = options_with(0);
    options.contrast.kind = kind;
    std::vector<std::string> keys;
    for (const Metric& metric : options.metrics()) {
      for (const Watch& watch : metric.watches) keys.push_back(watch.key);
    }
    EXPECT_EQ(std::ranges::count(keys, "max_gap_of_bound"), kind == Contrast::difference ? 1 : 0);
  }
}

TEST(Pcd, SaysThatThereAreNoComponentsForItsSlots) {
  for (const char* yaml : {"name: cebm", "name: igebm", "name: cebmm, bias: {components: 1}"}) {
    const auto model = model_of(yaml);
    EXPECT_NO_THROW(make_pcd(options_with(0), {.model = model, .batch_size = kBatch}));
    try {
      make_pcd(options_with(1), {.model = model, .batch_size = kBatch});
      FAIL() << yaml;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("buffer.component_steps"));
    }
  }
}

TEST(Pcd, ReportsTheAcceptanceOfAMetropolisSampler) {
  PcdOptions options = options_with(0);
  options.chains.select("hmc");
  const auto pcd = make_pcd(options, {.model = model_of("name: cebm"), .batch_size = kBatch});
  std::vector<std::string> names;
  for (const auto& [name, value] : pcd->add_gradient(batch(), 0)) names.push_back(name);
  EXPECT_THAT(names, testing::IsSupersetOf({"acceptance", "step_size"}));
}

}  // namespace
}  // namespace cebm::pcd_test
