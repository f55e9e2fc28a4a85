#include "train/initial_weights.h"

#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>

#include <sstream>
#include <system_error>

namespace cebm {

namespace {

std::string describe(const torch::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.scalar_type() << " " << tensor.sizes();
  return text.str();
}

}  // namespace

TensorMap read_weights(const std::filesystem::path& source) {
  std::error_code ignored;
  if (std::filesystem::is_directory(source, ignored)) return load_checkpoint(source).part("model").tensors;
  return load_safetensors(source);
}

void load_weights(Model& model, const TensorMap& weights, const std::filesystem::path& source) {
  const State state = {.tensors = weights};
  const TensorMap wanted = module_state(model).tensors;
  std::string problems;
  for (const auto& [name, tensor] : wanted) {
    const auto found = weights.find(name);
    const bool fits = found != weights.end() && found->second.sizes() == tensor.sizes() &&
                      found->second.scalar_type() == tensor.scalar_type();
    if (fits) continue;
    problems += "\n  tensor '" + name + "': expected " + describe(tensor) + ", found " +
                (found == weights.end() ? "none" : describe(found->second));
  }
  for (const auto& [name, tensor] : weights) {
    if (!wanted.contains(name)) {
      problems += "\n  tensor '" + name + "': expected none of this name, found " + describe(tensor);
    }
  }
  if (!problems.empty()) {
    throw CheckpointError(source.string() + ": does not fit the configured model:" + problems);
  }
  for (const auto& [name, tensor] : weights) {
    if (!tensor.isfinite().all().item<bool>())
      throw CheckpointError(source.string() + ": tensor '" + name + "': expected finite numbers, found others");
  }
  load_module_state(model, state);
}

std::function<void(Model&)> initial_weights(const std::filesystem::path& source) {
  if (source.empty()) return {};
  return [weights = read_weights(source), source](Model& model) { load_weights(model, weights, source); };
}

}  // namespace cebm
