// The law of engines: whatever encoder, bias and activation of the catalog a model is made of, the engine that serves
// it computes that model.
#include <cebm/engine.h>

#include "contract/rows.h"
#include "support/numeric.h"

namespace cebm {
namespace {

struct Parts {
  std::string model, encoder, bias, activation;
};

void PrintTo(const Parts& parts, std::ostream* out) { *out << parts.model << " with " << parts.encoder; }

/// Every encoder with every bias, and every encoder that has an activation with every activation.
std::vector<Parts> all_parts() {
  std::vector<Parts> all;
  for (const std::string& encoder : row_names(catalog().encoders)) {
    for (const std::string& bias : row_names(catalog().biases)) all.push_back({"cebm", encoder, bias, ""});
    for (const FieldDoc& doc : document_options(*catalog().encoders.find(encoder).options(catalog()))) {
      if (doc.key != "activation") continue;
      for (const std::string& activation : row_names(catalog().activations)) {
        all.push_back({"igebm", encoder, "", activation});
      }
    }
  }
  return all;
}

std::string inside(const std::string& example) {
  return example.starts_with('{') ? ", " + example.substr(1, example.size() - 2) : ", " + example;
}

std::shared_ptr<EnergyModel> build(const Parts& parts) {
  const EncoderEntry& encoder = catalog().encoders.find(parts.encoder);
  std::string yaml = "{latent_dim: 6, encoder: {name: " + parts.encoder + inside(encoder.example);
  if (!parts.activation.empty()) yaml += ", activation: " + parts.activation;
  yaml += "}";
  if (!parts.bias.empty()) {
    yaml += ", bias: {name: " + parts.bias + inside(catalog().biases.find(parts.bias).example) + "}";
  } else {
    yaml += ", activation: " + parts.activation;
  }
  const ModelEntry& row = catalog().models.find(parts.model);
  const auto options = row.options(catalog());
  read_options(parse_config(yaml + "}"), *options);
  return std::dynamic_pointer_cast<EnergyModel>(row.build(*options, ModelContext{{1, 12, 10}, 1}));
}

class EveryEngine : public testing::TestWithParam<Parts> {
 protected:
  EveryEngine() { exact_->to(torch::kFloat64); }

  const std::shared_ptr<EnergyModel> model_ = build(GetParam());
  const std::shared_ptr<EnergyModel> exact_ = build(GetParam());  ///< the same weights in float64
  const torch::Tensor x_ = test_images(9);
  const std::unique_ptr<Engine> engine_ = make_engine(*model_, torch::kCPU);
};

TEST_P(EveryEngine, GivesTheModelsEnergiesAndAutogradsGradient) {
  const torch::Tensor x = x_.to(torch::kFloat64);
  EXPECT_LT(relative_error(engine_->energies(x_), exact_->energy(x)), 5e-5) << engine_->name();
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& input) { return exact_->energy(input); }, x);
  EXPECT_LT(error_of_all_but_one(engine_->gradient(x_), gradient), 5e-5) << engine_->name();
}

TEST_P(EveryEngine, GivesBothInOnePassAsItGivesEach) {
  const EnergyGradient both = engine_->energies_and_gradient(x_);
  EXPECT_LT(relative_error(both.energies, engine_->energies(x_)), 1e-6) << engine_->name();
  EXPECT_LT(relative_error(both.gradient, engine_->gradient(x_)), 1e-6) << engine_->name();
  EXPECT_FALSE(both.energies.requires_grad());
  const EnergyGradient some = engine_->energies_and_gradient(x_.narrow(0, 2, 3));
  EXPECT_TRUE(some.energies.equal(both.energies.narrow(0, 2, 3)));
  EXPECT_TRUE(some.gradient.equal(both.gradient.narrow(0, 2, 3)));
}

TEST_P(EveryEngine, MovesChainsByThatGradient) {
  Chains chains = make_chains(x_);
  const LangevinStep step{.half_step = 1048576.0F};  // 2^20: what is added is the gradient, exactly scaled
  engine_->langevin(chains, {.sizes = {&step, 1}});
  const torch::Tensor moved = (x_.to(torch::kFloat64) - chains.x.to(torch::kFloat64)) / step.half_step;
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& input) { return exact_->energy(input); }, x_.to(torch::kFloat64));
  EXPECT_LT(error_of_all_but_one(moved, gradient), 5e-5) << engine_->name();
}

TEST_P(EveryEngine, AddsAutogradsGradientToTheWeights) {
  const auto loss = [](const torch::Tensor& energies) { return energies.mean() + 0.3 * energies.square().mean(); };
  const torch::Tensor value = engine_->add_weight_gradient(x_, loss);
  const torch::Tensor expected = loss(exact_->energy(x_.to(torch::kFloat64)));
  expected.backward();
  EXPECT_LT(relative_error(value, expected), 1e-4);
  const auto found = model_->parameters();
  const auto exact = exact_->parameters();
  for (std::size_t i = 0; i < found.size(); ++i) {
    // Of the norm: where a leaky ReLU's input is within a rounding of zero, float32 may take the other slope.
    const torch::Tensor error = found[i].grad().to(torch::kFloat64) - exact[i].grad();
    EXPECT_LT(error.norm().item<double>(), 2e-3 * exact[i].grad().norm().item<double>())
        << engine_->name() << ", parameter " << i;
  }
}

TEST_P(EveryEngine, PullsAGradientOfTheOutputsBackToTheNetworksWeights) {
  auto& encoder = dynamic_cast<EncodedModel&>(*model_).encoder();
  auto& exact = dynamic_cast<EncodedModel&>(*exact_).encoder();
  const torch::Tensor expected = exact.forward(x_.to(torch::kFloat64));
  torch::Tensor seen;
  engine_->add_network_gradient(x_, [&](const torch::Tensor& outputs) {
    seen = outputs;
    return outputs + 1.0;  // of |o|^2 / 2 + sum o
  });
  (0.5 * expected.square().sum() + expected.sum()).backward();
  EXPECT_LT(relative_error(seen, expected), 5e-5);
  for (std::size_t i = 0; i < encoder.parameters().size(); ++i) {
    const torch::Tensor reference = exact.parameters()[i].grad();
    const torch::Tensor error = encoder.parameters()[i].grad().to(torch::kFloat64) - reference;
    EXPECT_LT(error.norm().item<double>(), 2e-3 * reference.norm().item<double>()) << engine_->name() << ", " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryEngine, testing::ValuesIn(all_parts()), [](const auto& which) {
  const Parts& parts = which.param;
  return without_dashes(parts.encoder + "_" + (parts.bias.empty() ? parts.activation : parts.bias));
});

}  // namespace
}  // namespace cebm
