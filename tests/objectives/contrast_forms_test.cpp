// Forms of the contrast between energies of data and of samples, and the labels' cross-entropy.
#include <cebm/losses.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/numeric.h"

namespace cebm::contrast_forms_test {
namespace {

/// Energies with their gradients under a form.
struct Contrasted {
  explicit Contrasted(const ContrastForm& form, double data_at = 0.0, double model_at = 0.0)
      : data((normal({6}, {.seed = 1}).to(torch::kFloat64) + data_at).requires_grad_(true)),
        model((normal({10}, {.seed = 2}).to(torch::kFloat64) + model_at).requires_grad_(true)),
        result(contrastive_divergence(data, model, form)) {
    result.loss.backward();
  }
  torch::Tensor data, model;
  ContrastiveDivergence result;
};

TEST(ContrastForms, TheDefaultIsTheLinearOneToTheBit) {
  const torch::Tensor data = normal({6}, {.seed = 1});
  const torch::Tensor model = normal({10}, {.seed = 2});
  const auto form = contrastive_divergence(data, model, ContrastForm{.energy_l2 = 0.1});
  const torch::Tensor loss = data.mean() - model.mean() + 0.1 * (data.square().mean() + model.square().mean());
  EXPECT_TRUE(form.loss.equal(loss));
}

TEST(ContrastForms, AGapBelowItsBoundNoLongerPushes) {
  const Contrasted near({.gap_bound = 0.5}, 0.0, 0.1);
  EXPECT_GT(near.data.grad().abs().max().item<double>(), 0.1);
  const Contrasted far({.gap_bound = 0.5}, 0.0, 5.0);
  EXPECT_EQ(far.data.grad().abs().max().item<double>(), 0.0);
  EXPECT_EQ(far.model.grad().abs().max().item<double>(), 0.0);
  EXPECT_LT(far.result.gap.item<double>(), -0.5) << "what is reported is the gap itself";
  EXPECT_NEAR(far.result.loss.item<double>(), -0.5, 1e-12);
  const Contrasted wrong_way({.gap_bound = 0.5}, 5.0, 0.0);
  EXPECT_GT(wrong_way.data.grad().abs().max().item<double>(), 0.1);
}

TEST(ContrastForms, TrimmingLeavesOutTheSamplesWithTheHighestEnergies) {
  const Contrasted trimmed({.trimmed = 0.25});  // 2 of 10
  const torch::Tensor order = trimmed.model.argsort();
  const torch::Tensor gradient = trimmed.model.grad().index_select(0, order);
  EXPECT_LT((gradient.slice(0, 0, 8) + 1.0 / 8.0).abs().max().item<double>(), 1e-12);
  EXPECT_EQ(gradient.slice(0, 8).abs().max().item<double>(), 0.0);
  EXPECT_NEAR(trimmed.result.energy_model.item<double>(),
              std::get<0>(trimmed.model.sort()).slice(0, 0, 8).mean().item<double>(), 1e-12);
}

TEST(ContrastForms, SoftplusPushesByTheSigmoidOfTheGap) {
  const Contrasted soft({.kind = Contrast::softplus}, 0.0, 2.0);
  const double gap = soft.result.gap.item<double>();
  const double slope = 1.0 / (1.0 + std::exp(-gap));
  EXPECT_NEAR(soft.result.loss.item<double>(), std::log1p(std::exp(gap)), 1e-12);
  EXPECT_LT((soft.data.grad() - slope / 6.0).abs().max().item<double>(), 1e-12);
}

TEST(ContrastForms, CrossEntropyIsThatOfAClassifierWithTheEnergyAsLogit) {
  const Contrasted found({.kind = Contrast::cross_entropy});
  const torch::Tensor of_data = at::binary_cross_entropy_with_logits(-found.data, torch::ones_like(found.data));
  const torch::Tensor of_model = at::binary_cross_entropy_with_logits(-found.model, torch::zeros_like(found.model));
  EXPECT_LT(relative_error(found.result.loss, of_data + of_model), 1e-12);
}

TEST(LabelLoss, IsTheCrossEntropyOfTheImagesThatHaveALabel) {
  const torch::Tensor logits = normal({5, 3}, {.seed = 1}).to(torch::kFloat64);
  const torch::Tensor labels = torch::tensor({2, -1, 0, -1, 1}, torch::kInt64);
  const torch::Tensor known = torch::tensor({0, 2, 4}, torch::kInt64);
  const LabelLoss found = label_loss(logits, labels);
  EXPECT_LT(
      relative_error(found.loss, at::cross_entropy_loss(logits.index_select(0, known), labels.index_select(0, known))),
      1e-12);
  EXPECT_NEAR(found.labelled.item<double>(), 0.6, 1e-12);
  const torch::Tensor right = logits.argmax(1).eq(labels);
  EXPECT_NEAR(found.accuracy.item<double>(), right.sum().item<double>() / 3.0, 1e-12);
}

TEST(LabelLoss, IsZeroWithoutLabels) {
  const torch::Tensor logits = normal({4, 3}, {.seed = 1}).requires_grad_(true);
  const LabelLoss found = label_loss(logits, torch::full({4}, -1, torch::kInt64));
  found.loss.backward();
  EXPECT_EQ(found.loss.item<double>(), 0.0);
  EXPECT_EQ(found.accuracy.item<double>(), 0.0);
  EXPECT_EQ(logits.grad().abs().max().item<double>(), 0.0);
}

}  // namespace
}  // namespace cebm::contrast_forms_test
