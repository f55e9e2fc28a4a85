// Weights that a training starts from instead of random ones.
#pragma once

#include <cebm/model.h>
#include <cebm/safetensors.h>

#include <filesystem>
#include <functional>

namespace cebm {

/// The tensors of a safetensors file, or those of the model in a checkpoint folder (the weights themselves, not their
/// moving average). Throws CheckpointError naming what is missing or damaged.
TensorMap read_weights(const std::filesystem::path& source);

/// Copies `weights` into the model's parameters and buffers by name. Throws CheckpointError that names `source` and
/// every tensor that is missing, unexpected or of another shape or type, or the first one with values that are not
/// finite.
void load_weights(Model& model, const TensorMap& weights, const std::filesystem::path& source);

/// Reads the weights of `source` and returns a function that copies them into a model; an empty function for an empty
/// path.
std::function<void(Model&)> initial_weights(const std::filesystem::path& source);

}  // namespace cebm
