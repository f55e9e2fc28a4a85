// Names of the files and folders in a run's directory.
#pragma once

namespace cebm::run_layout {

inline constexpr const char* kConfig = "config.yaml";  ///< resolved
inline constexpr const char* kCheckpoints = "checkpoints";
inline constexpr const char* kSamples = "samples";  ///< grids of the training
inline constexpr const char* kMetrics = "metrics.csv";
inline constexpr const char* kDeclarations = "metrics.json";  ///< of the metrics: unit, chart, axis
inline constexpr const char* kTiming = "timing.csv";          ///< a row for each of metrics.csv
inline constexpr const char* kEvents = "events.csv";          ///< rollbacks and what else happened
inline constexpr const char* kOrigin = "run.json";            ///< program, versions, machine
inline constexpr const char* kReport = "report.html";
inline constexpr const char* kEval = "eval";  ///< a folder for each result of cebm-eval

}  // namespace cebm::run_layout
