// What evaluators need that draw from a run.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/run.h>

#include <string>

namespace cebm {

/// The run of the context. Throws ConfigError naming the evaluator if it has none.
inline const OpenedRun& run_of(const EvaluatorContext& context, const std::string& evaluator) {
  if (context.run == nullptr) throw ConfigError(evaluator + ": expected EvaluatorContext::run, found none");
  return *context.run;
}

/// Where the model's weights are.
inline torch::Device device_of(const Model& model) {
  const auto parameters = model.parameters();
  return parameters.empty() ? torch::Device(torch::kCPU) : parameters.front().device();
}

/// EvaluatorContext::progress if there is one.
inline void report_progress(const EvaluatorContext& context, const std::string& what, std::uint64_t done,
                            std::uint64_t total) {
  if (context.progress) context.progress(what, done, total);
}

}  // namespace cebm
