#include "programs/listing.h"

namespace cebm::app {

namespace {

template <class EntryType>
std::string section(const Registry<EntryType>& registry) {
  std::string text = registry.family() + ":\n";
  for (const auto& row : registry.rows()) {
    text += "  " + row.name + std::string(row.name.size() < 20 ? 20 - row.name.size() : 1, ' ') + row.summary + "\n";
  }
  return text;
}

}  // namespace

std::string list_catalog(const Catalog& catalog) {
  return section(catalog.models) + section(catalog.biases) + section(catalog.families) + section(catalog.activations) +
         section(catalog.encoders) + section(catalog.decoders) + section(catalog.likelihoods) +
         section(catalog.objectives) + section(catalog.samplers) + section(catalog.datasets) +
         section(catalog.evaluators);
}

std::vector<FieldDoc> document_evaluators(const Catalog& catalog, const std::vector<EvaluatorEntry>& rows) {
  DescribedBy all([&](Fields& visit) {
    for (const EvaluatorEntry& row : rows) visit.section(row.name.c_str(), *row.options(catalog), row.summary.c_str());
  });
  return document_options(all);
}

}  // namespace cebm::app
