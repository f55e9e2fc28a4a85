#include <cebm/classification.h>
#include <cebm/columns.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/tiles.h>

namespace cebm {

namespace {

using torch::Tensor;

template <class Capability>
bool has(const Model& model) {
  return dynamic_cast<const Capability*>(&model) != nullptr;
}

bool always(const Model&) { return true; }

bool has_components(const Model& model) {
  const ComponentBias* const bias = components_of(model);
  return bias != nullptr && bias->components() > 1;
}

bool has_hidden_layer(const Model& model) {
  const auto* const encoded = dynamic_cast<const EncodedModel*>(&model);
  return encoded != nullptr && encoded->encoder().feed_forward().size() > 1;
}

template <auto f>
Tensor of_posterior(ColumnSource& source, const Tensor& x, std::int64_t) {
  return source.of_posterior(x, f);
}

Tensor natural_parameters(const LatentDistribution& q) {
  const Tensor index =
      q.most_responsible().view({-1, 1, 1, 1}).expand({q.natural.size(0), 1, q.natural.size(2), q.natural.size(3)});
  return q.natural.gather(1, index).flatten(1);
}

}  // namespace

const std::vector<Column>& columns() {
  using Posterior = const LatentDistribution&;
  static const std::vector<Column> table{
      {"pixels", "the image itself", always,
       [](ColumnSource&, const Tensor& x, std::int64_t) { return x.contiguous().flatten(1); }},
      {"latent", "latent code: posterior mean (mixtures: of the most responsible component), IGEBM: features", always,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.latent(x); }},
      {"features", "what the network sees before its last layer", has_hidden_layer,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.features(x); }},
      {"latent_variance", "posterior variance (mixtures: of the most responsible component)", has<LatentModel>,
       of_posterior<[](Posterior q) { return q.component_variance(); }>},
      {"latent_mean", "posterior mean of the whole mixture, weighted by the responsibilities", has<LatentModel>,
       of_posterior<[](Posterior q) { return q.mean(); }>},
      {"natural_parameters", "natural parameters of the posterior's most responsible component", has<LatentModel>,
       of_posterior<natural_parameters>},
      {"responsibilities", "p(y = l | x) of each component", has<LatentModel>,
       of_posterior<[](Posterior q) { return q.responsibilities(); }>},
      {"class_probabilities", "p(y | x) of each component of the bias, as a classifier trained by labels has it",
       has_components,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.component_probabilities(x); }},
      {"confidence", "the largest p(y | x)", has_components,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.component_probabilities(x).amax(1); }},
      {"untrained_latent", "latent code of the same network with its initial weights", always,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.untrained().latent(x); }},
      {"energy", "E(x)", has<EnergyModel>,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.energies(x); }},
      {"log_density", "log p(x) up to a constant: -E(x), VAEs: the importance-weighted bound", has<Density>,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.log_density(x); }},
      {"gradient_norm", "|| d log p(x) / dx ||", has<Density>,
       [](ColumnSource& source, const Tensor& x, std::int64_t) { return source.density_gradient_norm(x); }},
      {"refinement", "change of log p(x) under 20 steps of the run's sampler", has<EnergyModel>,
       [](ColumnSource& source, const Tensor& x, std::int64_t first) { return source.refinement(x, first); }},
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

Tensor map_images(const Tensor& images, std::int64_t first,
                  const std::function<Tensor(const Tensor& images, std::int64_t first)>& f) {
  return map_rows(images, [&](const Tensor& x, std::int64_t place) {
    return f(x.clone(torch::MemoryFormat::Contiguous), first + place).to(torch::kCPU, torch::kFloat).contiguous();
  });
}

Tensor compute_column(const Column& column, ColumnSource& source, const Tensor& images, std::int64_t first) {
  if (!column.available(source.model())) throw ConfigError("this run's model has no " + column.name);
  return column.compute(source, images, first).to(torch::kCPU, torch::kFloat).contiguous();
}

}  // namespace cebm
