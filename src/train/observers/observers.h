// The observers of every training, in the order in which they look at a step.
#pragma once

#include <functional>
#include <memory>

#include "train/observer.h"
#include "train/session.h"

namespace cebm {

/// Checks the metrics of every step against their limits.
std::unique_ptr<Observer> watch_for_divergence();
/// Writes the rows of metrics.csv and timing.csv, and passes each to `tell`.
std::unique_ptr<Observer> write_metrics(const TrainSession& session, std::function<void(const MetricsRow&)> tell);
/// Writes grids of the objective's sample images (Objective::showcase) to samples/*.png.
std::unique_ptr<Observer> write_samples(const TrainSession& session);

/// Writes TensorBoard's event file, from the rows and grids that the observers before it have written.
std::unique_ptr<Observer> write_events(const TrainSession& session);
/// Writes report.html during the training.
std::unique_ptr<Observer> write_reports(const TrainSession& session);

}  // namespace cebm
