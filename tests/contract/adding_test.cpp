// One component of each kind added from outside the library: a row in a copy of the catalog, then used from YAML.
#include <cebm/catalog.h>
#include <cebm/dataset_options.h>
#include <cebm/evaluation.h>
#include <cebm/evaluator_options.h>
#include <cebm/sampling.h>
#include <cebm/trainer.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "contract/rows.h"
#include "contract/stripes.h"
#include "support/numeric.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;

/// N(lambda, 1): one statistic eta(z) = z, A(lambda) = lambda^2 / 2, any real lambda.
class LocationFamily final : public ExponentialFamily {
 public:
  std::string name() const override { return "location"; }
  std::vector<Domain> domain() const override { return {Domain::real}; }
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override { return z.unsqueeze(-2); }
  torch::Tensor log_partition(const torch::Tensor& natural) const override { return 0.5 * mean(natural).square(); }
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override { return natural; }
  torch::Tensor log_base_measure(const torch::Tensor& z) const override {
    return -0.5 * z.square() - 0.5 * std::log(2.0 * std::numbers::pi);
  }
  torch::Tensor mean(const torch::Tensor& natural) const override { return natural.squeeze(-2); }
  torch::Tensor variance(const torch::Tensor& natural) const override { return torch::ones_like(mean(natural)); }
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override {
    return mean(natural) + draws.normal(0, natural.size(-1));
  }
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override { return parameters; }
};

struct LocationOptions final : Options {
  double start = 0.0;
  void fields(Fields& visit) override { visit.real("start", start, {-10.0, 10.0}, "lambda"); }
};

struct DescentOptions final : SamplerOptions {
  double rate = 0.5;
  void fields(Fields& visit) override { visit.real("rate", rate, {0.0, 1e3}, "step size"); }
};

/// Plain gradient descent, a sampler of the modes, that counts its calls in a training.
class Descent final : public Sampler {
 public:
  explicit Descent(double rate) : rate_(rate) {}
  std::int64_t default_steps() const override { return 2; }
  StepValues advance(Engine& engine, Chains& chains, std::int64_t steps, std::uint64_t, std::uint64_t,
                     const Observer& observer) const override {
    for (std::int64_t t = 1; t <= steps; ++t) {
      chains.x.sub_(engine.gradient(chains.x), rate_);
      if (observer) observer(t, chains);
    }
    return {};
  }
  void adapt(const StepValues&) override { ++calls_; }
  void save(State& state) const override { state.values["descent_calls"] = calls_; }
  void load(const State& state) override { state.values.at("descent_calls").get_to(calls_); }

 private:
  double rate_;
  std::int64_t calls_ = 0;
};

struct FlatOptions final : Options {
  void fields(Fields&) override {}
};

/// The pixels themselves, whatever number of outputs was asked for.
class Flat final : public Encoder {
 public:
  explicit Flat(const std::string& name) : Encoder(name) {
    register_module("frozen", std::make_shared<torch::nn::Module>("frozen"))->eval();
  }
  torch::Tensor forward(const torch::Tensor& x) override { return x.flatten(1); }
};

struct CountOptions final : Options {
  std::int64_t label = 0;
  void fields(Fields& visit) override { visit.integer("label", label, {0, 9}, "the label to count"); }
};

class Count final : public Evaluator {
 public:
  explicit Count(std::int64_t label) : label_(label) {}
  void add(std::size_t, EvaluationBatch& batch) override {
    count_ += batch.labels().eq(label_).sum().item<std::int64_t>();
  }
  nlohmann::json finish(const fs::path&) override { return {{"count", count_}}; }

 private:
  std::int64_t label_;
  std::int64_t count_ = 0;
};

Catalog extended_catalog() {
  Catalog copy;
  copy.biases.add(make_entry<LocationOptions, BiasEntry>(
      "location", "N(lambda, 1)", "start: 1.0", [](const LocationOptions& options, const BiasContext& context) {
        return std::make_shared<MixtureBias>(std::make_shared<LocationFamily>(),
                                             torch::full({1, 1, context.latent_dim}, options.start), false, false);
      }));
  copy.datasets.add(stripes());
  copy.samplers.add(make_entry<DescentOptions, SamplerEntry>(
      "descent", "gradient descent", "rate: 0.1",
      [](const auto& options) { return std::make_shared<Descent>(options.rate); }));
  copy.encoders.add(make_entry<FlatOptions, EncoderEntry>(
      "flat", "the pixels", "{}",
      [](const FlatOptions&, const EncoderContext&) { return std::make_shared<Flat>("encoder flat"); }));
  copy.evaluators.add(make_entry<CountOptions, EvaluatorEntry>(
      "count", "images of one label", "label: 1",
      [](const CountOptions& options, const EvaluatorContext&) { return std::make_shared<Count>(options.label); }));
  return copy;
}

constexpr const char* kConfig = R"(
data: {name: stripes, width: 4}
model:
  name: cebm
  latent_dim: 3
  bias: {name: location, start: 0.5}
  encoder: {name: cnn, channels: [4], kernels: [3], strides: [2], paddings: [1]}
sampler: {name: descent, rate: 0.1}
buffer: {size: 8}
train: {steps: 3, batch_size: 4, log_every: 1, sample_every: 3}
)";

TEST(Adding, ABiasGivesAConjugateModelWithItsOwnEnergy) {
  const Catalog extended = extended_catalog();
  RunConfig config(extended);
  read_options(parse_config(kConfig), config);
  const auto model = std::dynamic_pointer_cast<Cebm>(config.model.build(ModelContext{{1, 8, 8}, 1}));
  ASSERT_TRUE(model);
  const torch::Tensor x = test_images(5, {1, 8, 8});
  // E = sum_k A(1/2) - A(1/2 + t_k) = sum_k -(t_k + t_k^2) / 2, and the posterior's mean is 1/2 + t.
  const torch::Tensor t = model->statistics(x).flatten(1);
  EXPECT_LT(relative_error(model->energy(x), -0.5 * (t + t.square()).sum(1)), 1e-5);
  EXPECT_LT(relative_error(model->latent(x), 0.5 + t), 1e-6);
  const auto energy = [&](const torch::Tensor& input) { return model->energy(input); };
  EXPECT_LT(relative_error(model->input_gradient(x), autograd_gradient(energy, x)), 1e-5);
}

TEST(Adding, AnEncoderOfAnotherWidthThanAskedForIsRefused) {
  const Catalog extended = extended_catalog();
  RunConfig config(extended);
  ConfigNode node = parse_config(kConfig);
  apply_overrides(node, {"model={name: cebm, latent_dim: 3, encoder: flat}"});
  read_options(node, config);
  try {
    config.model.build(ModelContext{{1, 8, 8}, 1});
    FAIL() << "expected an error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("model.encoder: 'flat'"), HasSubstr("shape [1, 3]"), HasSubstr("found [1, 64]")));
  }
  const auto model = config.model.build(ModelContext{{1, 1, 3}, 1});
  for (const auto& part : model->named_modules("model")) {
    EXPECT_EQ(part.value()->is_training(), !part.key().ends_with("frozen")) << part.key();
  }
}

TEST(Adding, ASamplerMovesTheChainsAsItsOptionsSay) {
  const Catalog extended = extended_catalog();
  RunConfig config(extended);
  read_options(parse_config(kConfig), config);
  const auto model = std::dynamic_pointer_cast<EnergyModel>(config.model.build(ModelContext{{1, 8, 8}, 1}));
  Chains chains = make_chains(test_images(2, {1, 8, 8}));
  const torch::Tensor expected = chains.x - 0.1 * model->input_gradient(chains.x);
  config.sampler().build()->advance(*model, chains, 1, 1, 0);
  EXPECT_LT(relative_error(chains.x, expected), 1e-6);
}

TEST(Adding, NewRowsAreDocumentedAndTheirKeysAreChecked) {
  const Catalog extended = extended_catalog();
  const RunConfig config(extended);
  std::string text = reference_text(document_options(config));
  for (const char* name : {"stripes", "location", "descent"}) EXPECT_NE(text.find(name), std::string::npos) << name;
  RunConfig changed(extended);
  EXPECT_THROW(read_options(parse_config("data: {name: stripes, widht: 4}"), changed), ConfigError);
  EXPECT_THROW(read_options(parse_config("data: {name: stripes, width: 9}"), changed), ConfigError);
  EXPECT_THROW(catalog().datasets.find("stripes"), ConfigError) << "the built-in catalog stays as it is";
}

TEST(Adding, ATrainingFromYamlUsesThemAllAndTheRunOpensAgain) {
  const Catalog extended = extended_catalog();
  RunConfig config(extended);
  read_options(parse_config(kConfig), config);
  std::string pattern = (fs::temp_directory_path() / "cebm_adding_XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  EXPECT_EQ(train(config, {.directory = folder / "run", .data = {}}), TrainOutcome::finished);

  const OpenedRun run = open_run(folder / "run", extended, torch::kCPU);
  EXPECT_EQ(run.checkpoint.step, 3U);
  State sampler;
  trained_sampler(run)->save(sampler);
  EXPECT_EQ(sampler.values, (nlohmann::json{{"descent_calls", 3}})) << "what the training adapted";
  const EvaluatorEntry& row = extended.evaluators.find("count");
  const auto options = row.options(extended);
  read_options(parse_config("label: 1"), *options);
  const auto evaluator = row.build(*options, EvaluatorContext{run.model, 1, {}});
  const EvaluationOutcome outcome =
      evaluate(run, extended, {{"count", evaluator, dump_options(*options), folder / "count"}}, {.batch_size = 5});
  EXPECT_EQ(outcome.results.at(0).at("result").at("count").get<int>(), 12);
  fs::remove_all(folder);
}

TEST(TypedOptions, ConfigureDataSetsAndEvaluatorsWithoutYaml) {
  const Catalog built_in;
  Choice<DatasetEntry> data(built_in, "fashion_mnist");
  auto& drawn = data.as<DrawnOptions>();
  drawn.count = 7;
  drawn.size = 12;
  EXPECT_EQ(data.build(DataContext{.split = "train"})->images.sizes(), (std::vector<std::int64_t>{7, 1, 12, 12}));
  Choice<EvaluatorEntry> evaluator(built_in, "scores");
  evaluator.as<FewShotOptions>().shots = {3, 4};
  EXPECT_EQ(evaluator.name(), "few-shot");
  EXPECT_NE(dump_options(evaluator.options()).find("shots: [3, 4]"), std::string::npos);
}

}  // namespace
}  // namespace cebm
