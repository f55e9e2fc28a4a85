// How a report begins: what the run is, how far it is, and how to go on.
#pragma once

#include <cebm/report.h>
#include <cebm/run_report.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runs/metrics_log.h"

namespace cebm {

/// "45 s", "12 min", "3 h 20 min", "2 days 4 h".
std::string duration_text(double seconds);

/// Model, data set, objective, steps, and the last value of the metric that says most; configuration, version, machine;
/// for one that is in training how fast it is, how long it takes and what it warned of; the command to go on with.
void add_run_heading(HtmlReport& report, const std::filesystem::path& run, const MetricsTable& metrics,
                     const std::vector<Metric>& declared, const std::optional<TrainingStatus>& training);

}  // namespace cebm
