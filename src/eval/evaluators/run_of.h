// Helpers for evaluators that sample from a run.
#pragma once

#include <cebm/errors.h>
#include <cebm/evaluator.h>
#include <cebm/run.h>

#include <string>

namespace cebm {

/// The run of the context. Throws ConfigError naming the evaluator if it has none.
inline const OpenedRun& run_of(const EvaluatorContext& context, const std::string& evaluator) {
  if (context.run == nullptr) throw ConfigError(evaluator + ": expected EvaluatorContext::run, found none");
  return *context.run;
}

/// Throws DataError that starts with `evaluator` if the set has fewer than `needed` images for `option`.
inline void require_images(const Dataset& data, std::int64_t needed, const std::string& evaluator,
                           const std::string& option) {
  if (data.size() >= needed) return;
  throw DataError(evaluator + ": " + option + ": data set " + data.name + ", split " + data.split +
                  ": expected at least " + std::to_string(needed) + " images, found " + std::to_string(data.size()));
}

/// The device of the model's weights.
inline torch::Device device_of(const Model& model) {
  const auto parameters = model.parameters();
  return parameters.empty() ? torch::Device(torch::kCPU) : parameters.front().device();
}

/// Calls EvaluatorContext::progress if it is set.
inline void report_progress(const EvaluatorContext& context, const std::string& what, std::uint64_t done,
                            std::uint64_t total) {
  if (context.progress) context.progress(what, done, total);
}

}  // namespace cebm
