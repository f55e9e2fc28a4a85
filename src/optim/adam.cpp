#include <ATen/ops/_fused_adam.h>
#include <c10/core/GradMode.h>
#include <cebm/optimizer.h>

#include <cmath>

#include "optim/norm.h"

namespace cebm {

void AdamOptions::fields(Fields& visit) {
  visit.real("learning_rate", learning_rate, {0.0, 10.0}, "Adam's step size");
  visit.real("beta1", beta1, {0.0, 0.999999}, "decay of the gradient's mean");
  visit.real("beta2", beta2, {0.0, 0.999999}, "decay of the gradient's square");
  visit.real("epsilon", epsilon, {1e-16, 1.0}, "added to the denominator");
  visit.integer("warmup_steps", warmup_steps, {0, 100000000}, "learning rate rises linearly over this many steps");
  visit.section("decay", decay, "factor of the learning rate after the warm-up");
  visit.real("gradient_clip", gradient_clip, {0.0, 1e12}, "largest L2 norm of the whole weight gradient; 0: off");
  visit.real("sigma_clip", sigma_clip, {0.0, 1e6},
             "each entry of the weight gradient is cut to so many standard deviations, the root of its mean square in "
             "Adam's memory, plus sigma_clip_floor; 0: off");
  visit.when({sigma_clip > 0.0, "sigma_clip above 0"}, [&] {
    visit.real("sigma_clip_floor", sigma_clip_floor, {0.0, 1e6},
               "added to that bound, so that a weight whose gradient was small can begin to move");
  });
}

double AdamOptions::learning_rate_at(std::uint64_t step, std::uint64_t steps) const {
  const double rate = learning_rate * decay.factor(step, steps, static_cast<std::uint64_t>(warmup_steps));
  if (warmup_steps == 0) return rate;
  const double share = static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  return rate * std::min(1.0, share);
}

Adam::Adam(NamedTensors parameters, const AdamOptions& options, std::uint64_t steps)
    : parameters_(std::move(parameters)), options_(options), steps_(steps) {
  for (const auto& [name, parameter] : parameters_) {
    first_moments_.push_back(torch::zeros_like(parameter).detach());
    second_moments_.push_back(torch::zeros_like(parameter).detach());
  }
}

torch::Tensor Adam::step(std::uint64_t step) {
  const torch::NoGradGuard no_graph;
  std::vector<torch::Tensor> weights;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> counts;
  const auto count =
      torch::full({}, static_cast<double>(step + 1), parameters_.front().second.options().dtype(torch::kFloat));
  for (const auto& [name, parameter] : parameters_) {
    torch::Tensor gradient = parameter.grad();
    if (!gradient.defined()) gradient = torch::zeros_like(parameter);
    // The fused update walks memory linearly: a gradient needs its parameter's strides.
    if (gradient.strides() != parameter.strides()) gradient = torch::empty_like(parameter).copy_(gradient);
    weights.push_back(parameter);
    gradients.push_back(gradient);
    counts.push_back(count);
  }
  const torch::Tensor norm = joint_norm(gradients);
  clip_by_moments(gradients, step);
  if (options_.gradient_clip > 0.0) {
    const torch::Tensor left = options_.sigma_clip > 0.0 ? joint_norm(gradients) : norm;
    const torch::Tensor scale = (options_.gradient_clip / (left + 1e-12)).clamp_max(1.0);
    for (auto& gradient : gradients) gradient.mul_(scale);
  }
  at::_fused_adam_(weights, gradients, first_moments_, second_moments_, /*max_exp_avg_sqs=*/{}, counts,
                   options_.learning_rate_at(step, steps_), options_.beta1, options_.beta2, /*weight_decay=*/0.0,
                   options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  for (auto& [name, parameter] : parameters_) parameter.mutable_grad() = torch::Tensor();
  return norm;
}

void Adam::clip_by_moments(std::vector<torch::Tensor>& gradients, std::uint64_t step) const {
  if (options_.sigma_clip == 0.0 || step == 0) return;
  const double correction = 1.0 - std::pow(options_.beta2, static_cast<double>(step));
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const torch::Tensor bound = (second_moments_[i] / correction).sqrt_().mul_(options_.sigma_clip);
    bound.add_(options_.sigma_clip_floor);
    gradients[i].clamp_(bound.neg(), bound);
  }
}

void Adam::save(State& state) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    state.tensors["m." + parameters_[i].first] = first_moments_[i].clone();
    state.tensors["v." + parameters_[i].first] = second_moments_[i].clone();
  }
}

void Adam::load(const State& state) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& [name, parameter] = parameters_[i];
    first_moments_[i].copy_(state.tensor("m." + name, parameter.sizes(), parameter.scalar_type()));
    second_moments_[i].copy_(state.tensor("v." + name, parameter.sizes(), parameter.scalar_type()));
  }
}

}  // namespace cebm
