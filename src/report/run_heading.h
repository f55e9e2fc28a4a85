// The head of a report: the run, its progress, and the command that continues it.
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

/// Adds model, data set, objective, steps, and the last value of the most telling metric; configuration, version,
/// machine; during training also speed, remaining time and warnings; the command that continues the run.
void add_run_heading(HtmlReport& report, const std::filesystem::path& run, const MetricsTable& metrics,
                     const std::vector<Metric>& declared, const std::optional<TrainingStatus>& training);

}  // namespace cebm
