// The law the sampler rests on: the closed-form gradient of the energy is its gradient.
#include <gtest/gtest.h>

#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::energy_gradient_test {
namespace {

std::vector<ModelCase> cases() {
  std::vector<ModelCase> all;
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component}) {
    for (const bool learnable : {true, false}) {
      for (const char* map : {"negative_square", "negative_softplus"}) {
        all.push_back({head, Network::small, learnable, map, {3, 12, 10}});
      }
    }
    for (const auto network : {Network::paper, Network::authors}) all.push_back({head, network});
  }
  all.push_back({Head::igebm, Network::small, true, "negative_square", {3, 12, 10}});
  for (const auto network : {Network::paper, Network::authors}) all.push_back({Head::igebm, network});
  all.push_back({Head::gaussian, Network::paper, true, "negative_square", {3, 32, 32}});
  all.push_back({Head::mixture_shared, Network::authors, true, "negative_square", {3, 32, 32}});
  return all;
}

class EnergyGradient : public testing::TestWithParam<ModelCase> {
 protected:
  /// Larger images than the data's show errors that vanish near zero.
  torch::Tensor input(std::int64_t count = 3) const { return 2.0 * images(count, GetParam().image); }
};

torch::Tensor exact(EnergyModel& model, const torch::Tensor& x) {
  return autograd_gradient([&](const torch::Tensor& input) { return model.energy(input); }, x);
}

TEST_P(EnergyGradient, EqualsAutogradInFloat32) {
  const auto model = build_model(GetParam());
  const torch::Tensor x = input();
  const torch::Tensor gradient = model->input_gradient(x);
  EXPECT_EQ(gradient.sizes(), x.sizes());
  EXPECT_EQ(gradient.scalar_type(), torch::kFloat32);
  EXPECT_LT(relative_error(gradient, exact(*model, x)), 1e-5);
  const torch::Tensor channels_last = x.contiguous(torch::MemoryFormat::ChannelsLast);
  EXPECT_LT(relative_error(model->input_gradient(channels_last), exact(*model, x)), 1e-5);
}

TEST_P(EnergyGradient, EqualsAutogradInFloat64) {
  const auto model = build_model(GetParam());
  model->to(torch::kFloat64);
  const torch::Tensor x = input(2).to(torch::kFloat64);
  EXPECT_LT(relative_error(model->input_gradient(x), exact(*model, x)), 1e-10);
}

TEST_P(EnergyGradient, InFloat32IsThatOfFloat64) {
  // Autograd in float32 could share an error of float32 with the closed form.
  const auto model = build_model(GetParam());
  const torch::Tensor x = input(2);
  const torch::Tensor single = model->input_gradient(x);
  model->to(torch::kFloat64);
  EXPECT_LT(relative_error(single, model->input_gradient(x.to(torch::kFloat64))), 1e-4);
}

TEST_P(EnergyGradient, LeavesNoGraphAndNoGradients) {
  const auto model = build_model(GetParam());
  const torch::Tensor x = input(1).requires_grad_(true);
  EXPECT_FALSE(model->input_gradient(x).requires_grad());
  EXPECT_FALSE(x.grad().defined());
  for (const auto& parameter : model->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

INSTANTIATE_TEST_SUITE_P(Models, EnergyGradient, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name(); });

TEST(EnergyGradient, EqualsFiniteDifferences) {
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    const ModelCase which{head, Network::small, true, "negative_square", {2, 8, 8}};
    const auto model = build_model(which);
    model->to(torch::kFloat64);
    const torch::Tensor x = images(1, which.image).to(torch::kFloat64);
    // Every pixel at once: row i moves pixel i.
    const double h = 1e-5;
    const torch::Tensor moves = h * torch::eye(x.numel(), torch::kFloat64).reshape({-1, 2, 8, 8});
    const torch::NoGradGuard no_graph;
    const torch::Tensor difference = (model->energy(x + moves) - model->energy(x - moves)) / (2 * h);
    EXPECT_LT(relative_error(model->input_gradient(x), difference.reshape(x.sizes())), 1e-7) << which.name();
  }
}

TEST(EnergyGradient, DoesNotDependOnTheRestOfTheBatch) {
  for (const auto head : {Head::mixture_per_component, Head::igebm}) {
    const ModelCase which{head};
    const auto model = build_model(which);
    const torch::Tensor x = images(6, which.image);
    const torch::Tensor alone = model->input_gradient(x.narrow(0, 2, 1));
    EXPECT_LT(relative_error(model->input_gradient(x).narrow(0, 2, 1), alone), 1e-5) << which.name();
  }
}

}  // namespace
}  // namespace cebm::energy_gradient_test
