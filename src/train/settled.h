// What a configuration leaves to the machine is settled once, when a run begins.
#pragma once

#include <cebm/run.h>
#include <cebm/trainer.h>

namespace cebm {

/// A copy of the configuration with the run's own sampler.precision in place of auto, where the plan resumes a run.
RunConfig settled_by_run(const RunConfig& config, const TrainPlan& plan);
/// Puts what fastest_precision() finds in place of auto. Returns what there is to say about it, or nothing.
std::string settle(RunConfig& config, ImageShape image, torch::Device device);

}  // namespace cebm
