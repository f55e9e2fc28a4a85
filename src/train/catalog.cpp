#include <cebm/catalog.h>

namespace cebm {

template <>
const Registry<DatasetEntry>& registry_of(const Catalog& catalog) {
  return catalog.datasets;
}

template <>
const Registry<ActivationEntry>& registry_of(const Catalog& catalog) {
  return catalog.activations;
}

template <>
const Registry<EncoderEntry>& registry_of(const Catalog& catalog) {
  return catalog.encoders;
}

template <>
const Registry<DecoderEntry>& registry_of(const Catalog& catalog) {
  return catalog.decoders;
}

template <>
const Registry<LikelihoodEntry>& registry_of(const Catalog& catalog) {
  return catalog.likelihoods;
}

template <>
const Registry<FamilyEntry>& registry_of(const Catalog& catalog) {
  return catalog.families;
}

template <>
const Registry<BiasEntry>& registry_of(const Catalog& catalog) {
  return catalog.biases;
}

template <>
const Registry<ModelEntry>& registry_of(const Catalog& catalog) {
  return catalog.models;
}

template <>
const Registry<SamplerEntry>& registry_of(const Catalog& catalog) {
  return catalog.samplers;
}

template <>
const Registry<ObjectiveEntry>& registry_of(const Catalog& catalog) {
  return catalog.objectives;
}

template <>
const Registry<EvaluatorEntry>& registry_of(const Catalog& catalog) {
  return catalog.evaluators;
}

}  // namespace cebm
