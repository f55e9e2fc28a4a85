/// All registries in one value. Programs that add components extend a copy and hand it to the functions that build
/// from a configuration.
#pragma once

#include <cebm/activation.h>
#include <cebm/bias.h>
#include <cebm/dataset.h>
#include <cebm/decoder.h>
#include <cebm/encoder.h>
#include <cebm/evaluator.h>
#include <cebm/likelihood.h>
#include <cebm/model.h>
#include <cebm/objective.h>
#include <cebm/sampler.h>

namespace cebm {

/// Options built from a catalog refer to it: it must outlive them.
struct Catalog {
  Registry<DatasetEntry> datasets = built_in_datasets();
  Registry<ActivationEntry> activations = built_in_activations();
  Registry<EncoderEntry> encoders = built_in_encoders();
  Registry<DecoderEntry> decoders = built_in_decoders();
  Registry<LikelihoodEntry> likelihoods = built_in_likelihoods();
  Registry<FamilyEntry> families = built_in_families();
  Registry<BiasEntry> biases = built_in_biases();
  Registry<ModelEntry> models = built_in_models();
  Registry<SamplerEntry> samplers = built_in_samplers();
  Registry<ObjectiveEntry> objectives = built_in_objectives();
  Registry<EvaluatorEntry> evaluators = built_in_evaluators();
};

}  // namespace cebm
