// Laws of samplers, objectives, evaluators and data sets, over every registered one.
#include <ATen/Parallel.h>
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/report.h>
#include <cebm/trainer.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "contract/rows.h"
#include "contract/stripes.h"
#include "support/quadratic_energy.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;

Chains copy_of(const Chains& chains) { return {chains.x.clone(torch::MemoryFormat::ChannelsLast), chains.ids.clone()}; }

class EverySampler : public testing::TestWithParam<std::string> {
 protected:
  const std::shared_ptr<Sampler> sampler_ = build_example(catalog().samplers, GetParam());
  const ImageShape image_{2, 5, 4};
  const Chains start_ = noise_chains(6, image_, 1, torch::kCPU);
  QuadraticEnergy energy_{image_, 0.3, 0.8};
};

TEST_P(EverySampler, LeavesTheChainsWhereTheyAreWithoutSteps) {
  Chains chains = copy_of(start_);
  sampler_->advance(energy_, chains, 0, 1, 0);
  EXPECT_TRUE(chains.x.equal(start_.x));
  EXPECT_TRUE(chains.ids.equal(start_.ids));
}

TEST_P(EverySampler, MovesTheChainsInPlaceByItsArgumentsAlone) {
  const auto run = [&](std::uint64_t seed, std::uint64_t first_step) {
    Chains chains = copy_of(start_);
    const torch::Tensor place = chains.x;
    sampler_->advance(energy_, chains, 3, seed, first_step);
    EXPECT_TRUE(chains.x.is_same(place));
    EXPECT_TRUE(chains.x.isfinite().all().item<bool>());
    EXPECT_TRUE(chains.ids.equal(start_.ids));
    return chains.x;
  };
  const torch::Tensor once = run(1, 0);
  EXPECT_FALSE(once.equal(start_.x));
  EXPECT_TRUE(run(1, 0).equal(once));
  EXPECT_FALSE(run(2, 0).equal(once));
  EXPECT_FALSE(run(1, 3).equal(once));
}

TEST_P(EverySampler, MovesAChainAlikeInEveryBatch) {
  Chains all = copy_of(start_);
  sampler_->advance(energy_, all, 3, 1, 0);
  const torch::Tensor chosen = torch::tensor({4, 1}, torch::kInt64);
  Chains some{start_.x.index_select(0, chosen).contiguous(torch::MemoryFormat::ChannelsLast), chosen.clone()};
  sampler_->advance(energy_, some, 3, 1, 0);
  EXPECT_TRUE(some.x.equal(all.x.index_select(0, chosen)));
}

// E(x) = sum_i (x_i - 0.3)^2 / (2 * 0.8^2): a sampler that does not follow the energy has another mean or spread.
TEST_P(EverySampler, DrawsFromAGaussianWithItsMeanAndVariance) {
  Chains chains = noise_chains(400, image_, 1, torch::kCPU);
  sampler_->advance(energy_, chains, 400, 1, 0);
  const double mean = chains.x.mean().item<double>();
  const double variance = chains.x.var().item<double>();
  EXPECT_NEAR(mean, 0.3, 0.03);
  EXPECT_NEAR(variance, 0.64, 0.06);
}

TEST_P(EverySampler, TellsItsObserverEveryStep) {
  Chains chains = copy_of(start_);
  std::vector<std::int64_t> steps;
  torch::Tensor last;
  sampler_->advance(energy_, chains, 4, 1, 0, [&](std::int64_t step, const Chains& now) {
    steps.push_back(step);
    last = now.x.clone();
  });
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_TRUE(last.equal(chains.x));
  EXPECT_GE(sampler_->default_steps(), 1);
}

INSTANTIATE_TEST_SUITE_P(Contract, EverySampler, testing::ValuesIn(row_names(catalog().samplers)), test_name);

/// Of two classes.
Batch labelled(const torch::Tensor& images) {
  Batch batch = unlabelled(images);
  batch.labels = batch.ids.remainder(2);
  return batch;
}

class EveryObjective : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Objective> build(const std::shared_ptr<Model>& model) const {
    return row_.build(*options_, ObjectiveContext{.model = model, .batch_size = batch_.size()});
  }
  const ObjectiveEntry& row_ = catalog().objectives.find(GetParam());
  const std::unique_ptr<Options> options_ = example_options(row_);
  /// In [0, 1], which every model takes.
  const Batch batch_ = labelled(test_images(4) * 0.5 + 0.5);
  const std::shared_ptr<Model> model_ = with_suitable_model([this](const std::shared_ptr<Model>& model) {
    (void)build(model);
    return model;
  });
};

TEST_P(EveryObjective, GivesEveryWeightAGradient) {
  const auto objective = build(model_);
  objective->add_gradient(batch_, 0);
  for (const auto& parameter : model_->parameters()) {
    ASSERT_TRUE(parameter.grad().defined());
    EXPECT_GT(parameter.grad().abs().max().item<double>(), 0.0);
  }
}

TEST_P(EveryObjective, ReportsWhatItDeclaresAndNothingElse) {
  const auto objective = build(model_);
  std::multiset<std::string> of_step;
  std::multiset<std::string> of_row;
  for (const auto& [name, value] : objective->add_gradient(batch_, 0)) {
    of_step.insert(name);
    EXPECT_EQ(value.dim(), 0) << name;
    EXPECT_FALSE(value.requires_grad()) << name;
  }
  for (const auto& [name, value] : objective->measure(0)) of_row.insert(name);
  std::multiset<std::string> declared_of_step;
  std::multiset<std::string> declared_of_row;
  std::set<std::string> keys;
  for (const Metric& metric : dynamic_cast<const ObjectiveOptions&>(*options_).metrics()) {
    (metric.when == Metric::When::step ? declared_of_step : declared_of_row).insert(metric.name);
    for (const Watch& watch : metric.watches) EXPECT_TRUE(keys.insert(watch.key).second) << watch.key << " twice";
  }
  EXPECT_EQ(of_step, declared_of_step);
  EXPECT_EQ(of_row, declared_of_row);
}

TEST_P(EveryObjective, ContinuesFromItsSavedState) {
  const auto straight = build(model_);
  for (std::uint64_t step = 0; step < 3; ++step) straight->add_gradient(batch_, step);
  State state;
  straight->save(state);
  const auto resumed = build(model_);
  resumed->load(state);
  for (std::uint64_t step = 3; step < 5; ++step) {
    const StepValues found = resumed->add_gradient(batch_, step);
    const StepValues expected = straight->add_gradient(batch_, step);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].second.equal(expected[i].second)) << i;
  }
}

// A batch of more than 2^15 pixels, which LibTorch would divide among threads.
TEST_P(EveryObjective, GivesTheSameBitsForAnyNumberOfThreads) {
  const Batch batch = labelled(test_images(401) * 0.5 + 0.5);
  const int threads = at::get_num_threads();
  std::vector<std::vector<torch::Tensor>> found;
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    const auto objective = build(model_);
    found.emplace_back();
    for (std::uint64_t step = 0; step < 4; ++step) {
      for (const auto& [name, value] : objective->add_gradient(batch, step)) found.back().push_back(value);
      for (const auto& [name, value] : objective->measure(step)) found.back().push_back(torch::tensor(value));
    }
    for (const torch::Tensor& parameter : model_->parameters()) {
      found.back().push_back(parameter.grad());
      parameter.mutable_grad() = torch::Tensor();
    }
  }
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < found[0].size(); ++i) {
    EXPECT_TRUE(found[0][i].equal(found[1][i])) << i << ", 1 and 2 threads";
    EXPECT_TRUE(found[0][i].equal(found[2][i])) << i << ", 1 and 3 threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryObjective, testing::ValuesIn(row_names(catalog().objectives)), test_name);

class EveryEvaluator : public testing::TestWithParam<std::string> {};

/// A short training on stripes of the first model that the evaluator takes.
OpenedRun suitable_run(const Catalog& toys, const std::string& evaluator, const fs::path& folder) {
  RunConfig config(toys);
  const std::string model = with_suitable_model([&](const std::shared_ptr<Model>& candidate) {
    (void)build_example(toys.evaluators, evaluator, EvaluatorContext{candidate, 1, {}});
    return std::dynamic_pointer_cast<EnergyModel>(candidate) ? "cebmm" : "vae";
  });
  const std::string small = toys.models.find(model).example;
  read_options(parse_config("{data: stripes, model: {name: " + model + ", " + small.substr(1) +
                            (model == "vae" ? ", objective: elbo" : ", sampler: {steps: 2}, buffer: {size: 8}") +
                            ", train: {steps: 1, batch_size: 4}}"),
               config);
  train(config, {.directory = folder / "run", .data = {}});
  return open_run(folder / "run", toys, torch::kCPU);
}

TEST_P(EveryEvaluator, WritesTheSameBytesHoweverTheImagesAreBatchedAndShowsThemInAReport) {
  std::string pattern = (fs::temp_directory_path() / "cebm_evaluator_XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  Catalog toys = catalog();
  toys.datasets.add(stripes());
  const OpenedRun run = suitable_run(toys, GetParam(), folder);
  const auto files_with = [&](std::int64_t batch) {
    const auto evaluator = build_example(toys.evaluators, GetParam(),
                                         EvaluatorContext{.model = run.model, .seed = 1, .own = {}, .run = &run});
    const fs::path target = folder / std::to_string(batch);
    const EvaluationOutcome outcome = evaluate(run, toys, {{GetParam(), evaluator, "", target}}, {.batch_size = batch});
    EXPECT_FALSE(outcome.stopped);
    EXPECT_TRUE(outcome.results.at(0).at("result").is_object());
    std::map<std::string, std::string> files;
    for (const auto& file : fs::directory_iterator(target)) {
      files[file.path().filename().string()] = read_file(file.path());
    }
    return files;
  };
  const auto expected = files_with(64);
  EXPECT_TRUE(expected.contains("result.json"));
  EXPECT_EQ(files_with(5), expected);
  const auto& section = toys.evaluators.find(GetParam()).section;
  if (section) {  // without one a report shows the summary as it is
    HtmlReport page("empty");
    const std::string empty = page.html();
    const fs::path target = folder / "5";
    section({read_result(target).at("result"), target, "cebm", "fashion_mnist"}, page);
    EXPECT_NE(page.html(), empty);
  }
  fs::remove_all(folder);
}

TEST_P(EveryEvaluator, ReadsOfDataAndSplitWhatItsRowSays) {
  const Feed own{.data = "this_set", .split = "this_split"};
  const std::vector<Feed> feeds = with_suitable_model([&](const std::shared_ptr<Model>& model) {
    return build_example(catalog().evaluators, GetParam(), EvaluatorContext{.model = model, .own = own})->feeds();
  });
  const OwnSet reads = catalog().evaluators.find(GetParam()).own;
  EXPECT_EQ(std::ranges::find(feeds, own.data, &Feed::data) != feeds.end(), reads != OwnSet::fixed);
  EXPECT_EQ(std::ranges::find(feeds, own.split, &Feed::split) != feeds.end(), reads == OwnSet::data_and_split);
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryEvaluator, testing::ValuesIn(row_names(catalog().evaluators)), test_name);

class EveryDataset : public testing::TestWithParam<std::string> {};

TEST_P(EveryDataset, IsWholeOrSaysWhatIsMissing) {
  for (const char* split : {"train", "test", "no_such_split"}) {
    try {
      const auto data = build_example(catalog().datasets, GetParam(), DataContext{"/nonexistent", split, 1});
      EXPECT_STRNE(split, "no_such_split");
      EXPECT_EQ(data->images.scalar_type(), torch::kUInt8);
      EXPECT_EQ(data->images.dim(), 4);
      EXPECT_EQ(data->labels.sizes(), (std::vector<std::int64_t>{data->size()}));
      EXPECT_LT(data->labels.max().item<std::int64_t>(), static_cast<std::int64_t>(data->classes.size()));
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(GetParam()), std::string::npos) << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryDataset, testing::ValuesIn(row_names(catalog().datasets)), test_name);

}  // namespace
}  // namespace cebm
