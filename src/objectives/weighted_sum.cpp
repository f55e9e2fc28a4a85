#include "objectives/weighted_sum.h"

#include <c10/core/GradMode.h>

#include <utility>

#include "core/load_each.h"

namespace cebm {

namespace {

/// Moves the gradients out of the parameters.
std::vector<torch::Tensor> take_gradients(const std::vector<torch::Tensor>& parameters) {
  std::vector<torch::Tensor> taken;
  for (const torch::Tensor& parameter : parameters) {
    taken.push_back(std::exchange(parameter.mutable_grad(), torch::Tensor()));
  }
  return taken;
}

/// Replaces each gradient g by earlier + weight * g.
void join_gradients(const std::vector<torch::Tensor>& parameters, const std::vector<torch::Tensor>& earlier,
                    double weight) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    torch::Tensor& gradient = parameters[i].mutable_grad();
    if (!gradient.defined()) {
      gradient = earlier[i];
    } else {
      if (weight != 1.0) gradient.mul_(weight);
      if (earlier[i].defined()) gradient.add_(earlier[i]);
    }
  }
}

class WeightedSum final : public Objective {
 public:
  WeightedSum(std::shared_ptr<Model> model, std::vector<WeightedTerm> terms)
      : model_(std::move(model)), terms_(std::move(terms)) {}

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    const std::vector<torch::Tensor> parameters = model_->parameters();
    StepValues values;
    for (const WeightedTerm& term : terms_) {
      const std::vector<torch::Tensor> earlier = take_gradients(parameters);
      append(values, term, term.objective->add_gradient(images_of(term, batch), step));
      join_gradients(parameters, earlier, term.weight);
    }
    return values;
  }

  NamedValues measure(std::uint64_t step) const override {
    NamedValues values;
    for (const WeightedTerm& term : terms_) append(values, term, term.objective->measure(step));
    return values;
  }

  torch::Tensor showcase(std::int64_t count) const override {
    for (const WeightedTerm& term : terms_) {
      torch::Tensor images = term.objective->showcase(count);
      if (images.defined()) return images;
    }
    return {};
  }

  NamedTensors distributions() const override {
    NamedTensors all;
    for (const WeightedTerm& term : terms_) append(all, term, term.objective->distributions());
    return all;
  }

  std::string engine() const override {
    for (const WeightedTerm& term : terms_) {
      std::string name = term.objective->engine();
      if (!name.empty()) return name;
    }
    return {};
  }

  void save(State& state) const override {
    for (const WeightedTerm& term : terms_) {
      State own;
      term.objective->save(own);
      for (const auto& [name, tensor] : own.tensors) state.tensors[term.prefix + name] = tensor;
      for (const auto& [name, tensor] : own.dealt) state.dealt[term.prefix + name] = tensor;
      for (const auto& [name, value] : own.values.items()) state.values[term.prefix + name] = value;
    }
  }

  void load(const State& state) override {
    std::vector<LoadedPart> parts;
    for (const WeightedTerm& term : terms_) {
      parts.push_back({term.prefix, [&] { term.objective->load(state_of_term(state, term.prefix)); }});
    }
    load_each(parts);
  }

 private:
  static Batch images_of(const WeightedTerm& term, const Batch& batch) {
    const std::int64_t count = term.images > 0 ? term.images : batch.size() - term.skip;
    return count == batch.size() ? batch : rows_of_batch(batch, term.skip, count);
  }

  template <class Values>
  static void append(Values& all, const WeightedTerm& term, const Values& own) {
    for (const auto& [name, value] : own) all.emplace_back(term.prefix + name, value);
  }

  std::shared_ptr<Model> model_;
  std::vector<WeightedTerm> terms_;
};

}  // namespace

State state_of_term(const State& sum, const std::string& prefix) {
  State own;
  for (const auto& [name, tensor] : sum.tensors) {
    if (name.starts_with(prefix)) own.tensors[name.substr(prefix.size())] = tensor;
  }
  for (const auto& [name, value] : sum.values.items()) {
    if (name.starts_with(prefix)) own.values[name.substr(prefix.size())] = value;
  }
  return own;
}

std::shared_ptr<Objective> weighted_sum(std::shared_ptr<Model> model, std::vector<WeightedTerm> terms) {
  return std::make_shared<WeightedSum>(std::move(model), std::move(terms));
}

std::vector<Metric> with_prefix(const std::string& prefix, std::vector<Metric> metrics) {
  for (Metric& metric : metrics) {
    metric.name.insert(0, prefix);
    if (!metric.weight.empty()) metric.weight.insert(0, prefix);
  }
  return metrics;
}

}  // namespace cebm
