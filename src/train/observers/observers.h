// The observers of every training, in the order in which they look at a step.
#pragma once

#include <functional>
#include <memory>

#include "train/observer.h"
#include "train/session.h"

namespace cebm {

/// Holds the metrics of every step to their limits.
std::unique_ptr<Observer> watch_for_divergence();
/// Rows of metrics.csv and timing.csv, of which `tell` is told.
std::unique_ptr<Observer> write_metrics(const TrainSession& session, std::function<void(const MetricsRow&)> tell);
/// Grids of what the objective shows, samples/*.png.
std::unique_ptr<Observer> write_samples(const TrainSession& session);

/// The event file of TensorBoard, from the rows and the grids that the observers before it have written.
std::unique_ptr<Observer> write_events(const TrainSession& session);
/// report.html while the training goes on.
std::unique_ptr<Observer> write_reports(const TrainSession& session);

}  // namespace cebm
