// Resolves what a configuration leaves to the machine (sampler.precision: auto), once, when a run begins.
#pragma once

#include <cebm/run.h>
#include <cebm/trainer.h>

namespace cebm {

/// Returns a copy of the configuration. If the plan resumes a run, the run's sampler.precision replaces auto.
RunConfig settled_by_run(const RunConfig& config, const TrainPlan& plan);
/// Replaces sampler.precision auto by fastest_precision(), or by float32 if the model has no energy. Returns a message
/// about it; empty if nothing was auto.
std::string settle(RunConfig& config, ImageShape image, torch::Device device);

}  // namespace cebm
