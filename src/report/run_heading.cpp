#include "report/run_heading.h"

#include <cebm/config.h>
#include <cebm/files.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "base/chosen_name.h"
#include "base/fixed_text.h"
#include "report/run_origin.h"
#include "runs/run_layout.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

std::string setting(const ConfigNode& config, const std::string& section, const std::string& key) {
  const ConfigNode* const found = config.find(section);
  const ConfigNode* const value = found == nullptr ? nullptr : found->find(key);
  return value == nullptr ? "" : value->scalar;
}

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &local);
  return text;
}

std::string last_step(const MetricsTable& metrics) {
  if (metrics.values.empty() || metrics.values.front().empty()) return "0";
  return std::to_string(static_cast<std::uint64_t>(metrics.values.front().back()));
}

/// The most telling metric: the first with a chart of its own.
const Metric* telling(const std::vector<Metric>& declared) {
  for (const Metric& metric : declared) {
    const auto shares_chart = [&](const Metric& other) { return other.curve.chart == metric.curve.chart; };
    if (!metric.curve.chart.empty() && std::ranges::count_if(declared, shares_chart) == 1) return &metric;
  }
  return nullptr;
}

/// Its last value: "Energy gap (data - samples): -0.14 at step 1000."
std::string result_text(const MetricsTable& metrics, const std::vector<Metric>& declared) {
  const Metric* const metric = telling(declared);
  if (metric == nullptr || metrics.values.empty() || metrics.values.front().empty()) return "";
  const auto column = std::ranges::find(metrics.columns, metric->name);
  if (column == metrics.columns.end()) return "";
  const double value = metrics.values[static_cast<std::size_t>(column - metrics.columns.begin())].back();
  return " " + metric->curve.chart + ": " + general_text(value, 4) + " at step " + last_step(metrics) + ".";
}

void add_progress(HtmlReport& report, const TrainingStatus& training) {
  std::string text = "In training: step " + std::to_string(training.step) + " of " + std::to_string(training.steps);
  if (training.steps_per_second > 0.0) {
    const double left = static_cast<double>(training.steps - training.step) / training.steps_per_second;
    text +=
        ", " + general_text(training.steps_per_second, 3) + " steps a second, about " + duration_text(left) + " left";
  }
  report.paragraph(text + ". An open page shows by itself what is new.");
  for (const std::string& warning : training.warnings) report.paragraph("Warning: " + warning);
  report.refresh_every(training.refresh);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = [](double value) { return std::to_string(static_cast<std::int64_t>(value)); };
  constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
  if (!std::isfinite(seconds) || seconds > 1e9) return "more than 30 years";
  if (seconds < 2 * kMinute) return whole(std::ceil(seconds)) + " s";
  if (seconds < 2 * kHour) return whole(std::round(seconds / kMinute)) + " min";
  if (seconds < 2 * kDay) return whole(seconds / kHour) + " h " + whole(std::fmod(seconds, kHour) / kMinute) + " min";
  return whole(seconds / kDay) + " days " + whole(std::fmod(seconds, kDay) / kHour) + " h";
}

void add_run_heading(HtmlReport& report, const fs::path& run, const MetricsTable& metrics,
                     const std::vector<Metric>& declared, const std::optional<TrainingStatus>& training) {
  const ConfigNode config = parse_config(read_file(run / run_layout::kConfig), run_layout::kConfig);
  const RunOrigin origin = read_run_origin(run);
  const std::string steps = setting(config, "train", "steps");
  const std::string done = training ? std::to_string(training->step) : last_step(metrics);
  report.paragraph("A " + chosen_name(config, "model") + " on " + chosen_name(config, "data") + ", trained by " +
                   chosen_name(config, "objective") + " for " + done + " of " + steps + " steps." +
                   result_text(metrics, declared));
  if (training) add_progress(report, *training);
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) rows.push_back({what, text});
  };
  add("configuration", origin.config);
  add("cebm", origin.version);
  add("machine", origin.machine);
  add("written", local_time());
  report.table({"run", fs::absolute(run).lexically_normal().string()}, rows);
  if (origin.command.empty() || (!training && done == steps)) return;
  report.paragraph(training ? "If it stops, it goes on with:" : "It goes on with:");
  report.code(origin.command);
}

}  // namespace cebm
