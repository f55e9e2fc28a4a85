#include "engine/cuda/recorded_gradient.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_copy.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <utility>

#include "engine/cuda/addresses.h"

namespace cebm {

namespace {

bool of_the_same_sizes(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.sizes() == y.sizes(); });
}

}  // namespace

RecordedGradient::RecordedGradient(WorkDevice device, torch::nn::Module& module,
                                   std::function<torch::Tensor(const Inputs& inputs)> values)
    : device_(std::move(device)), module_(module), values_(std::move(values)) {
  for (const torch::Tensor& parameter : module_.parameters()) {
    if (parameter.requires_grad()) weights_.push_back(parameter);
  }
}

torch::Tensor RecordedGradient::add_loss(const Inputs& inputs, const Function& loss, GradientParts* parts) {
  torch::Tensor value;
  const auto derivative = [&](const torch::Tensor& values) {
    const torch::AutoGradMode with_graph(true);
    const torch::Tensor leaf = values.requires_grad_(true);
    value = loss(leaf);
    return torch::autograd::grad({value}, {leaf})[0];
  };
  add(inputs, derivative, parts);
  return value.detach();
}

void RecordedGradient::add(const Inputs& inputs, const Function& derivative, GradientParts* parts) {
  Pass& pass = pass_for(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) pass.inputs[i].copy_(inputs[i]);
  const bool came_before = pass.derivative.defined();
  if (came_before && !pass.forward && failure_.empty()) record(pass);
  const bool replays_forward = replayed(pass, pass.forward);
  if (!replays_forward) device_.run([&] { forward(pass); });
  // Copied, because the caller may keep the values, and a replay overwrites them.
  const torch::Tensor found = derivative(pass.values.detach().clone());
  if (!came_before) pass.derivative = torch::empty_like(pass.values);
  pass.derivative.copy_(found);
  if (replayed(pass, pass.backward)) {
    ++replays_;
  } else {
    device_.run([&] {
      if (replays_forward) forward(pass);  // its graph was used up when the backward pass was recorded
      backward(pass);
      // A graph that lives on keeps nodes of the weights, and with them this stream, for the next engine's backward
      // pass.
      pass.values = pass.values.detach();
    });
  }
  add_to_weights(pass, parts);
}

RecordedGradient::Pass& RecordedGradient::pass_for(const Inputs& inputs) {
  std::vector<const void*> module = addresses_of(module_);
  if (!pass_ || pass_->module != module || !of_the_same_sizes(pass_->inputs, inputs)) {
    pass_.reset();  // frees its memory first
    pass_.emplace();
    pass_->module = std::move(module);
    for (const torch::Tensor& input : inputs) pass_->inputs.push_back(torch::empty_like(input));
  }
  return *pass_;
}

void RecordedGradient::record(Pass& pass) {
  try {
    Work replay = device_.record([&] { forward(pass); });
    pass.backward = device_.record([&] { backward(pass); });
    pass.values = pass.values.detach();  // its graph is used up
    pass.forward = std::move(replay);
  } catch (const std::exception& error) {
    give_up(pass, error);
  }
}

bool RecordedGradient::replayed(Pass& pass, const Work& replay) {
  if (!replay) return false;
  try {
    replay();
    return true;
  } catch (const std::exception& error) {
    give_up(pass, error);
    return false;
  }
}

void RecordedGradient::give_up(Pass& pass, const std::exception& reason) {
  failure_ = first_line(reason);
  pass.forward = nullptr;
  pass.backward = nullptr;
  TORCH_WARN("the weights' gradient could not be recorded as a CUDA graph and is launched step by step: ", failure_);
}

void RecordedGradient::forward(Pass& pass) const {
  const torch::AutoGradMode with_graph(true);
  pass.values = values_(pass.inputs);
}

void RecordedGradient::backward(Pass& pass) const {
  pass.gradients = torch::autograd::grad({pass.values}, weights_, {pass.derivative}, /*retain_graph=*/false,
                                         /*create_graph=*/false, /*allow_unused=*/true);
}

void RecordedGradient::add_to_weights(const Pass& pass, GradientParts* parts) {
  const torch::NoGradGuard no_graph;
  std::vector<torch::Tensor> sums;  // of the weights that have a gradient
  std::vector<torch::Tensor> added;
  std::vector<torch::Tensor> copies;  // the first gradients of the others
  std::vector<torch::Tensor> copied;
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    const torch::Tensor& gradient = pass.gradients[w];
    if (!gradient.defined()) continue;
    torch::Tensor& sum = weights_[w].mutable_grad();
    if (parts != nullptr) {
      parts->add(weights_[w], gradient.clone());
    } else if (sum.defined()) {
      sums.push_back(sum);
      added.push_back(gradient);
    } else {
      sum = torch::empty_like(weights_[w]);
      copies.push_back(sum);
      copied.push_back(gradient);
    }
  }
  if (!sums.empty()) at::_foreach_add_(sums, added);
  if (!copies.empty()) at::_foreach_copy_(copies, copied);
}

}  // namespace cebm
