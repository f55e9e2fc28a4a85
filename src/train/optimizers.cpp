#include "train/optimizers.h"

#include <algorithm>
#include <stdexcept>

namespace cebm {

namespace {

NamedTensors named(const NamedTensors& weights, const WeightGroup& group) {
  NamedTensors members;
  for (const auto& entry : weights) {
    const auto count = std::count_if(group.weights.begin(), group.weights.end(),
                                     [&entry](const auto& weight) { return weight.is_same(entry.second); });
    members.insert(members.end(), static_cast<std::size_t>(count), entry);
  }
  if (members.empty()) throw std::invalid_argument("weight group '" + group.name + "' has no weight of the model");
  return members;
}

}  // namespace

Optimizers::Optimizers(const NamedTensors& weights, const std::vector<WeightGroup>& groups, const AdamOptions& options,
                       std::uint64_t steps) {
  if (groups.empty()) {
    adams_.emplace_back(weights, options, steps);
    norm_names_ = {"gradient_norm"};
    return;
  }
  std::map<std::string, int> seen;
  for (const WeightGroup& group : groups) {
    const NamedTensors members = named(weights, group);
    for (const auto& [name, weight] : members) ++seen[name];
    norm_names_.push_back(adams_.empty() ? "gradient_norm" : "gradient_norm_" + group.name);
    adams_.emplace_back(members, options, steps);
  }
  for (const auto& [name, weight] : weights) {
    if (seen[name] != 1) {
      throw std::invalid_argument("weight " + name + ": expected in one group, found in " + std::to_string(seen[name]));
    }
  }
}

std::vector<torch::Tensor> Optimizers::step(std::uint64_t step) {
  std::vector<torch::Tensor> norms;
  for (Adam& adam : adams_) norms.push_back(adam.step(step));
  return norms;
}

void Optimizers::save(State& state) const {
  for (const Adam& adam : adams_) adam.save(state);
}

void Optimizers::load(const State& state) {
  for (Adam& adam : adams_) adam.load(state);
}

}  // namespace cebm
