#include <cebm/objective.h>

#include "objectives/weighted_sum.h"

namespace cebm {

namespace {

constexpr const char* kOfLabels = "label_";

}  // namespace

void JemOptions::fields(Fields& visit) {
  visit.real("density_weight", density_weight, {1e-9, 1e6}, "weight of log p(x)");
  visit.real("label_weight", label_weight, {1e-9, 1e6}, "weight of log p(y | x)");
  density.fields(visit);
  labels.fields(visit);
}

std::vector<Metric> JemOptions::metrics() const {
  std::vector<Metric> all = density.metrics();
  const std::vector<Metric> of_labels = with_prefix(kOfLabels, labels.metrics());
  all.insert(all.end(), of_labels.begin(), of_labels.end());
  return all;
}

std::shared_ptr<Objective> make_jem(const JemOptions& options, const ObjectiveContext& context) {
  return weighted_sum(
      context.model, {{.prefix = "", .weight = options.density_weight, .objective = make_pcd(options.density, context)},
                      {.prefix = kOfLabels,
                       .weight = options.label_weight,
                       .objective = make_labels_objective(options.labels, context)}});
}

}  // namespace cebm
