// The observers of every training, in the order in which they look at a step.
#pragma once

#include <memory>

#include "train/observer.h"
#include "train/session.h"

namespace cebm {

/// Holds the metrics of every step to their limits.
std::unique_ptr<Observer> watch_for_divergence();
/// Rows of metrics.csv and timing.csv, and what callbacks.on_metrics is told.
std::unique_ptr<Observer> write_metrics(const TrainSession& session, const TrainCallbacks& callbacks);
/// Grids of what the objective shows, samples/*.png.
std::unique_ptr<Observer> write_samples(const TrainSession& session);

}  // namespace cebm
