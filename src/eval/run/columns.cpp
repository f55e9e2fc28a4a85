#include <c10/core/GradMode.h>
#include <cebm/columns.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/tiles.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

namespace cebm {

namespace {

using torch::Tensor;

/// SGLD steps of the refinement score.
constexpr std::int64_t kRefinementSteps = 20;

template <class Capability>
Capability* as(const ColumnContext& context) {
  return dynamic_cast<Capability*>(context.model);
}

template <class Capability>
bool has(const ColumnContext& context) {
  return as<Capability>(context) != nullptr;
}

bool always(const ColumnContext&) { return true; }

LatentDistribution posterior(const ColumnContext& context, const Tensor& x) {
  return as<LatentModel>(context)->posterior(x);
}

Tensor natural_parameters(const ColumnContext& context, const Tensor& x, std::int64_t) {
  const LatentDistribution q = posterior(context, x);
  const Tensor index =
      q.most_responsible().view({-1, 1, 1, 1}).expand({x.size(0), 1, q.natural.size(2), q.natural.size(3)});
  return q.natural.gather(1, index).flatten(1);
}

Tensor input_gradient(const ColumnContext& context, const Tensor& x) {
  if (auto* const energy = as<EnergyModel>(context)) return energy->input_gradient(x);
  const torch::AutoGradMode record(true);
  const Tensor input = x.detach().clone().requires_grad_(true);
  return torch::autograd::grad({as<Density>(context)->log_density(input).sum()}, {input})[0];
}

Tensor gradient_norm(const ColumnContext& context, const Tensor& x, std::int64_t) {
  return input_gradient(context, x).contiguous().flatten(1).norm(2, 1);
}

/// log p after some steps of the run's sampler minus log p before.
Tensor refinement(const ColumnContext& context, const Tensor& x, std::int64_t first) {
  auto* const model = as<EnergyModel>(context);
  Chains chains = make_chains(x);
  chains.ids.add_(first);
  context.sampler->advance(*model, chains, kRefinementSteps, context.seed, 0);
  return model->energy(x) - model->energy(chains.x);
}

}  // namespace

const std::vector<Column>& columns() {
  static const std::vector<Column> table{
      {"pixels", "the image itself", always,
       [](const ColumnContext&, const Tensor& x, std::int64_t) { return x.contiguous().flatten(1); }},
      {"latent", "latent code: posterior mean (mixtures: of the most responsible component), IGEBM: features", always,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return c.model->latent(x); }},
      {"latent_variance", "posterior variance (mixtures: of the most responsible component)", has<LatentModel>,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return posterior(c, x).component_variance(); }},
      {"latent_mean", "posterior mean of the whole mixture, weighted by the responsibilities", has<LatentModel>,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return posterior(c, x).mean(); }},
      {"natural_parameters", "natural parameters of the posterior's most responsible component", has<LatentModel>,
       natural_parameters},
      {"responsibilities", "p(y = l | x) of each component", has<LatentModel>,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return posterior(c, x).responsibilities(); }},
      {"untrained_latent", "latent code of the same network with its initial weights", always,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return c.untrained->latent(x); }},
      {"energy", "E(x)", has<EnergyModel>,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return as<EnergyModel>(c)->energy(x); }},
      {"log_density", "log p(x) up to a constant: -E(x), VAEs: the importance-weighted bound", has<Density>,
       [](const ColumnContext& c, const Tensor& x, std::int64_t) { return as<Density>(c)->log_density(x); }},
      {"gradient_norm", "|| d log p(x) / dx ||", has<Density>, gradient_norm},
      {"refinement", "change of log p(x) under 20 steps of the run's sampler", has<EnergyModel>, refinement},
  };
  return table;
}

std::vector<std::string> column_names() {
  std::vector<std::string> names;
  for (const Column& column : columns()) names.push_back(column.name);
  return names;
}

const Column& find_column(const std::string& name) {
  for (const Column& column : columns()) {
    if (column.name == name) return column;
  }
  const std::string near = nearest_name(name, column_names());
  throw ConfigError("unknown column '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

void use_default_memory_format(Model& model) {
  // A copy, as one channel counts as contiguous with the strides of either format.
  for (Tensor& weight : model.parameters()) weight.set_data(weight.detach().clone(torch::MemoryFormat::Contiguous));
}

Tensor map_images(const Tensor& images, std::int64_t first,
                  const std::function<Tensor(const Tensor& images, std::int64_t first)>& f) {
  return map_rows(images, [&](const Tensor& x, std::int64_t place) {
    return f(x.clone(torch::MemoryFormat::Contiguous), first + place).to(torch::kCPU, torch::kFloat).contiguous();
  });
}

Tensor compute_column(const Column& column, const ColumnContext& context, const Tensor& images, std::int64_t first) {
  if (!column.available(context)) throw ConfigError("this run's model has no " + column.name);
  return map_images(images, first,
                    [&](const Tensor& x, std::int64_t place) { return column.compute(context, x, place); });
}

}  // namespace cebm
