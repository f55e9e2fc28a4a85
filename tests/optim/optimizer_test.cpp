#include <ATen/Parallel.h>
#include <cebm/errors.h>
#include <cebm/optimizer.h>
#include <cebm/random.h>
#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>

#include <cmath>

#include "support/numeric.h"

namespace cebm {
namespace {

/// Parameters of the shapes a network has: channels-last convolutions, a matrix, vectors.
NamedTensors make_parameters(torch::ScalarType type = torch::kFloat32) {
  NamedTensors all;
  const std::vector<std::vector<std::int64_t>> shapes{{8, 3, 4, 4}, {4, 1, 3, 3}, {5, 7}, {5}, {1}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    torch::Tensor value = normal(shapes[i], {.seed = 1, .step = i}).to(type);
    if (value.dim() == 4) value = value.contiguous(torch::MemoryFormat::ChannelsLast);
    all.emplace_back("p" + std::to_string(i), value.requires_grad_(true));
  }
  return all;
}

std::vector<torch::Tensor> values(const NamedTensors& named) {
  std::vector<torch::Tensor> all;
  for (const auto& [name, value] : named) all.push_back(value);
  return all;
}

/// Gradients of gradient step `step`, in NCHW layout, which is not that of the convolutions' weights.
void set_gradients(const std::vector<torch::Tensor>& parameters, std::uint64_t step, double scale = 1.0) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const torch::Tensor& parameter = parameters[i];
    const torch::Tensor g = normal(parameter.sizes(), {.seed = 2, .stream = Stream::user, .step = 100 * step + i});
    parameter.mutable_grad() = (scale * g).to(parameter.scalar_type()).contiguous();
  }
}

void expect_equal(const std::vector<torch::Tensor>& found, const std::vector<torch::Tensor>& expected, double bound) {
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_LT(relative_error(found[i], expected[i]), bound) << i;
}

AdamOptions adam_options() {
  AdamOptions options;
  options.learning_rate = 3e-3;
  options.beta1 = 0.8;
  options.beta2 = 0.99;
  options.epsilon = 1e-6;
  return options;
}

torch::optim::Adam reference_adam(const NamedTensors& parameters, const AdamOptions& options) {
  return torch::optim::Adam(
      values(parameters),
      torch::optim::AdamOptions(options.learning_rate).betas({options.beta1, options.beta2}).eps(options.epsilon));
}

TEST(Adam, EqualsLibTorchsAdamStepByStep) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const NamedTensors ours = make_parameters(type);
    const NamedTensors theirs = make_parameters(type);
    Adam adam(ours, adam_options());
    auto reference = reference_adam(theirs, adam_options());
    for (std::uint64_t step = 0; step < 20; ++step) {
      set_gradients(values(ours), step);
      set_gradients(values(theirs), step);
      adam.step(step);
      reference.step();
      expect_equal(values(ours), values(theirs), type == torch::kFloat32 ? 2e-6 : 1e-12);
    }
  }
}

TEST(Adam, FollowsItsFormula) {
  // One number by hand, in double precision.
  const torch::Tensor w = double_tensor({0.5}, {1}).requires_grad_(true);
  const AdamOptions options = adam_options();
  Adam adam({{"w", w}}, options);
  double expected = 0.5;
  double m = 0.0;
  double v = 0.0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.3 * t - 1.0;
    w.mutable_grad() = double_tensor({g}, {1});
    adam.step(static_cast<std::uint64_t>(t - 1));
    m = options.beta1 * m + (1 - options.beta1) * g;
    v = options.beta2 * v + (1 - options.beta2) * g * g;
    const double m_hat = m / (1 - std::pow(options.beta1, t));
    const double v_hat = v / (1 - std::pow(options.beta2, t));
    expected -= options.learning_rate * m_hat / (std::sqrt(v_hat) + options.epsilon);
    EXPECT_NEAR(w.item<double>(), expected, 1e-14) << t;
  }
}

TEST(Adam, ClearsTheGradientsAndReturnsTheirNormBeforeClipping) {
  const NamedTensors parameters = make_parameters();
  AdamOptions options = adam_options();
  options.gradient_clip = 0.01;
  Adam adam(parameters, options);
  set_gradients(values(parameters), 0);
  double squares = 0.0;
  for (const auto& p : values(parameters)) squares += p.grad().to(torch::kFloat64).square().sum().item<double>();
  EXPECT_NEAR(adam.step(0).item<double>(), std::sqrt(squares), 1e-5 * std::sqrt(squares));
  for (const auto& [name, parameter] : parameters) EXPECT_FALSE(parameter.grad().defined()) << name;
}

TEST(Adam, TreatsAMissingGradientAsZero) {
  const NamedTensors ours = make_parameters();
  const torch::Tensor before = ours[0].second.detach().clone();
  Adam adam(ours, adam_options());
  set_gradients(values(ours), 0);
  ours[0].second.mutable_grad() = torch::Tensor();
  adam.step(0);
  EXPECT_TRUE(ours[0].second.equal(before));
  EXPECT_FALSE(ours[1].second.equal(make_parameters()[1].second));
}

TEST(Adam, ClipsTheNormOfTheWholeGradientAsLibTorchDoes) {
  for (const double scale : {1e-3, 1.0, 100.0}) {  // the first is below the limit and must stay as it is
    const NamedTensors ours = make_parameters(torch::kFloat64);
    const NamedTensors theirs = make_parameters(torch::kFloat64);
    AdamOptions options = adam_options();
    options.epsilon = 0.1;  // with a small epsilon Adam's first step hides the scale
    options.gradient_clip = 0.5;
    Adam adam(ours, options);
    auto reference = reference_adam(theirs, options);
    for (std::uint64_t step = 0; step < 3; ++step) {
      set_gradients(values(ours), step, scale);
      set_gradients(values(theirs), step, scale);
      adam.step(step);
      torch::nn::utils::clip_grad_norm_(values(theirs), options.gradient_clip);
      reference.step();
    }
    // LibTorch divides by the norm plus 1e-6.
    expect_equal(values(ours), values(theirs), 1e-6);
    NamedTensors unclipped = make_parameters(torch::kFloat64);
    options.gradient_clip = 0.0;
    Adam free(unclipped, options);
    for (std::uint64_t step = 0; step < 3; ++step) {
      set_gradients(values(unclipped), step, scale);
      free.step(step);
    }
    EXPECT_EQ(relative_error(unclipped[0].second, ours[0].second) < 1e-9, scale < 0.01);
  }
}

TEST(Adam, LearningRateRisesLinearlyDuringTheWarmUp) {
  AdamOptions options;
  options.learning_rate = 0.4;
  options.warmup_steps = 4;
  const double expected[] = {0.1, 0.2, 0.3, 0.4, 0.4, 0.4};
  for (std::uint64_t step = 0; step < 6; ++step) EXPECT_DOUBLE_EQ(options.learning_rate_at(step), expected[step]);
  options.warmup_steps = 0;
  EXPECT_EQ(options.learning_rate_at(0), 0.4);
}

TEST(Adam, LearningRateFallsAfterTheWarmUp) {
  AdamOptions options;
  options.learning_rate = 0.4;
  options.warmup_steps = 4;
  options.decay.kind = AnnealingKind::linear;
  options.decay.final = 0.5;
  EXPECT_DOUBLE_EQ(options.learning_rate_at(1, 25), 0.2);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(4, 25), 0.4);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(14, 25), 0.3);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(24, 25), 0.2);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(24), 0.4) << "nobody knows how long the training is";
}

TEST(Adam, CutsEntriesOfTheGradientByItsMomentsFromTheSecondStepOn) {
  const NamedTensors ours = make_parameters(torch::kFloat64);
  const NamedTensors by_hand = make_parameters(torch::kFloat64);
  AdamOptions options = adam_options();
  options.sigma_clip = 0.7;
  options.sigma_clip_floor = 0.05;
  options.gradient_clip = 3.0;
  AdamOptions plain = options;
  plain.sigma_clip = 0.0;
  Adam adam(ours, options);
  Adam reference(by_hand, plain);
  for (std::uint64_t step = 0; step < 4; ++step) {
    set_gradients(values(ours), step);
    set_gradients(values(by_hand), step);
    State moments;
    reference.save(moments);
    if (step > 0) {
      const double correction = 1 - std::pow(options.beta2, static_cast<double>(step));
      for (const auto& [name, parameter] : by_hand) {
        const torch::Tensor bound = 0.7 * (moments.tensors.at("v." + name) / correction).sqrt() + 0.05;
        const torch::Tensor g = parameter.grad();
        parameter.mutable_grad() = torch::max(torch::min(g, bound), -bound);
        EXPECT_FALSE(parameter.grad().equal(g));
      }
    }
    const torch::Tensor norm = adam.step(step);
    const torch::Tensor clipped = reference.step(step);
    EXPECT_GE(norm.item<double>(), clipped.item<double>()) << "the norm is that of the gradient as it came";
    expect_equal(values(ours), values(by_hand), 1e-12);
  }
}

TEST(Adam, UsesTheWarmUpsLearningRate) {
  const NamedTensors ours = make_parameters(torch::kFloat64);
  const NamedTensors theirs = make_parameters(torch::kFloat64);
  AdamOptions options = adam_options();
  options.warmup_steps = 10;
  Adam adam(ours, options);
  auto reference = reference_adam(theirs, options);
  for (std::uint64_t step = 0; step < 5; ++step) {
    const double rate = options.learning_rate * static_cast<double>(step + 1) / 10.0;
    static_cast<torch::optim::AdamOptions&>(reference.param_groups()[0].options()).lr(rate);
    set_gradients(values(ours), step);
    set_gradients(values(theirs), step);
    adam.step(step);
    reference.step();
  }
  expect_equal(values(ours), values(theirs), 1e-12);
}

TEST(Adam, ContinuesBitForBitFromItsSavedState) {
  const NamedTensors straight = make_parameters();
  const NamedTensors resumed = make_parameters();
  Adam whole(straight, adam_options());
  State state;
  {
    Adam first_half(resumed, adam_options());
    for (std::uint64_t step = 0; step < 5; ++step) {
      set_gradients(values(resumed), step);
      first_half.step(step);
    }
    first_half.save(state);
    set_gradients(values(resumed), 77);  // the saved state is a copy: later steps leave it alone
    const std::vector<torch::Tensor> kept = values(resumed);
    std::vector<torch::Tensor> copies;
    for (const auto& tensor : kept) copies.push_back(tensor.detach().clone());
    first_half.step(5);
    const torch::NoGradGuard no_graph;
    for (std::size_t i = 0; i < kept.size(); ++i) torch::Tensor(kept[i]).copy_(copies[i]);
  }
  Adam second_half(resumed, adam_options());
  second_half.load(state);
  for (std::uint64_t step = 0; step < 10; ++step) {
    set_gradients(values(straight), step);
    whole.step(step);
    if (step < 5) continue;
    set_gradients(values(resumed), step);
    second_half.step(step);
  }
  for (std::size_t i = 0; i < straight.size(); ++i) EXPECT_TRUE(straight[i].second.equal(resumed[i].second)) << i;
}

TEST(Adam, RefusesAStateOfOtherNamesOrShapes) {
  Adam adam(make_parameters(), adam_options());
  State state;
  adam.save(state);
  State missing = state;
  missing.tensors.erase("v.p2");
  EXPECT_THROW(adam.load(missing), CheckpointError);
  State other = state;
  other.tensors["m.p2"] = torch::zeros({7, 5});
  EXPECT_THROW(adam.load(other), CheckpointError);
}

TEST(WeightAverage, FollowsItsFormula) {
  const torch::Tensor w = double_tensor({1.0, -2.0}, {2}).requires_grad_(true);
  WeightAverage average({{"w", w}}, 0.5);
  torch::Tensor expected = w.detach().clone();
  for (std::uint64_t step = 0; step < 20; ++step) {
    {
      const torch::NoGradGuard no_graph;
      w.add_(0.7);
    }
    average.update(step);
    const double t = static_cast<double>(step);
    const double decay = std::min(0.5, (1 + t) / (10 + t));
    expected = decay * expected + (1 - decay) * w.detach();
    State state;
    average.save(state);
    EXPECT_LT(relative_error(state.tensors.at("w"), expected), 1e-14) << step;
  }
}

TEST(WeightAverage, ContinuesBitForBitFromItsSavedState) {
  const torch::Tensor w = normal({4, 3}, {.seed = 1}).requires_grad_(true);
  WeightAverage whole({{"w", w}}, 0.9);
  std::unique_ptr<WeightAverage> resumed;
  for (std::uint64_t step = 0; step < 10; ++step) {
    {
      const torch::NoGradGuard no_graph;
      w.add_(normal({4, 3}, {.seed = 2, .step = step}));
    }
    whole.update(step);
    if (resumed) resumed->update(step);
    if (step == 4) {
      State state;
      whole.save(state);
      resumed = std::make_unique<WeightAverage>(NamedTensors{{"w", w}}, 0.9);
      resumed->load(state);
    }
  }
  State a;
  State b;
  whole.save(a);
  resumed->save(b);
  EXPECT_TRUE(a.tensors.at("w").equal(b.tensors.at("w")));
}

// LibTorch adds up more than 2^15 elements in as many parts as there are threads; now and then the sum is the same.
TEST(Adam, NormAndClippedStepAreTheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  AdamOptions options = adam_options();
  options.gradient_clip = 0.1;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const torch::Tensor gradient = normal({501, 1003}, {.seed = seed});
    std::vector<std::pair<torch::Tensor, torch::Tensor>> found;  // norm, weight
    for (const int count : {1, 2, 3, 4}) {
      at::set_num_threads(count);
      const torch::Tensor weight = torch::zeros_like(gradient).requires_grad_(true);
      Adam adam({{"w", weight}}, options);
      weight.mutable_grad() = gradient.clone();
      const torch::Tensor norm = adam.step(0);
      found.emplace_back(norm, weight.detach());
    }
    at::set_num_threads(threads);
    for (const auto& [norm, weight] : found) {
      EXPECT_EQ(norm.item<float>(), found[0].first.item<float>()) << seed;
      EXPECT_TRUE(weight.equal(found[0].second)) << seed;
    }
    const double exact = gradient.to(torch::kFloat64).norm().item<double>();
    EXPECT_NEAR(found[0].first.item<double>(), exact, 1e-6 * exact);
  }
}

}  // namespace
}  // namespace cebm
