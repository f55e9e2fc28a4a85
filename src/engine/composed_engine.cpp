#include <c10/core/GradMode.h>
#include <cebm/composed.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/rows.h"
#include "engine/engines.h"
#include "engine/langevin_update.h"

namespace cebm {

namespace {

class ComposedEngine final : public Engine {
 public:
  ComposedEngine(ComposedEnergy& model, torch::Device device, Precision precision)
      : model_(model), whole_(make_tensor_engine(model)) {
    for (const auto& part : model.parts()) engines_.push_back(make_engine(*part, device, precision));
  }

  std::string name() const override {
    std::string names;
    for (const auto& part : engines_) names += (names.empty() ? "" : " + ") + part->name();
    return "sum of gradients: " + names;  // an engine may compute these otherwise than its own steps
  }

  torch::Tensor outputs(const torch::Tensor& x) override { return whole_->outputs(x); }

  torch::Tensor energies(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    const torch::Tensor seen = seen_of(x);
    return model_.energy_from(seen, of_parts([&](Engine& part) { return part.energies(seen); }));
  }

  torch::Tensor gradient(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    const torch::Tensor seen = seen_of(x);
    return as_chains(model_.gradient_from(seen, of_parts([&](Engine& part) { return part.gradient(seen); })));
  }

  EnergyGradient energies_and_gradient(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    const torch::Tensor seen = seen_of(x);
    std::vector<torch::Tensor> energies;
    std::vector<torch::Tensor> gradients;
    for (const auto& part : engines_) {
      EnergyGradient both = part->energies_and_gradient(seen);
      energies.push_back(both.energies);
      gradients.push_back(both.gradient);
    }
    return {model_.energy_from(seen, energies), as_chains(model_.gradient_from(seen, gradients))};
  }

  void langevin(const Chains& chains, const LangevinSteps& steps) override {
    const kernels::Rows rows = rows_of(chains.x, chains.ids, "sgld");
    kernels::RowFactors factors;
    if (steps.noise_factors != nullptr) factors.noise = steps.noise_factors;
    for (std::size_t t = 0; t < steps.sizes.size(); ++t) {
      const torch::Tensor there = gradient(chains.x);
      const torch::Tensor scale =
          std::isfinite(steps.norm_bound) ? norm_clip(there, steps.norm_bound) : torch::Tensor();
      if (scale.defined()) factors.gradient = scale.const_data_ptr<float>();
      langevin_update(chains.x, there, factors, rows, counter_of(steps, t, chains.ids.const_data_ptr<std::int64_t>()),
                      steps.sizes[t]);
    }
  }

  torch::Tensor add_weight_gradient(const torch::Tensor& x,
                                    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) override {
    return whole_->add_weight_gradient(x, loss);
  }

  void collect_in(GradientParts* parts) override { whole_->collect_in(parts); }

  void add_network_gradient(const torch::Tensor& x,
                            const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient) override {
    whole_->add_network_gradient(x, gradient);
  }

 private:
  static torch::Tensor as_chains(const torch::Tensor& gradient) {
    return gradient.contiguous(torch::MemoryFormat::ChannelsLast);
  }

  torch::Tensor seen_of(const torch::Tensor& x) const { return as_chains(model_.seen(x)); }

  template <class F>
  std::vector<torch::Tensor> of_parts(const F& f) {
    std::vector<torch::Tensor> values;
    for (const auto& part : engines_) values.push_back(f(*part));
    return values;
  }

  ComposedEnergy& model_;
  std::unique_ptr<Engine> whole_;
  std::vector<std::unique_ptr<Engine>> engines_;
};

}  // namespace

std::unique_ptr<Engine> make_composed_engine(EnergyModel& model, torch::Device device, Precision precision) {
  auto* const composed = dynamic_cast<ComposedEnergy*>(&model);
  return composed == nullptr ? nullptr : std::make_unique<ComposedEngine>(*composed, device, precision);
}

}  // namespace cebm
