#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/report.h>
#include <cebm/run.h>
#include <cebm/run_report.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/fixed_text.h"
#include "report/evaluation_sections.h"
#include "report/event_report.h"
#include "report/run_heading.h"
#include "runs/metrics_file.h"
#include "runs/metrics_log.h"
#include "runs/run_layout.h"
#include "runs/sample_grids.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

bool has_column(const MetricsTable& table, const std::string& name) {
  return std::find(table.columns.begin(), table.columns.end(), name) != table.columns.end();
}

/// The charts that a run's metrics declare, with their curves; if none are declared, one chart per column.
std::vector<Chart> charts_of(const MetricsTable& metrics, std::vector<Metric> declared) {
  if (declared.empty()) {
    for (const std::string& column : metrics.columns) {
      if (column != "step") declared.push_back({.name = column, .unit = column, .curve = {column, column}});
    }
  }
  std::vector<Chart> charts;
  for (const Metric& metric : declared) {
    if (metric.curve.chart.empty() || !has_column(metrics, metric.name)) continue;
    auto chart = std::ranges::find(charts, metric.curve.chart, &Chart::title);
    if (chart == charts.end()) {
      chart = charts.insert(charts.end(), Chart{metric.curve.chart, "gradient step", metric.unit, {}});
    }
    chart->curves.push_back({metric.curve.label, metrics.column("step"), metrics.column(metric.name)});
  }
  return charts;
}

std::vector<fs::path> grid_files(const fs::path& run) {
  std::vector<fs::path> files;
  for (const SampleGrid& grid : sample_grids(run)) files.push_back(grid.file);
  return files;
}

/// At most `count` of the grids, evenly spread, including the first and the last.
std::vector<fs::path> spread_out(const std::vector<fs::path>& grids, std::size_t count) {
  if (grids.size() <= count) return grids;
  std::vector<fs::path> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(grids[i * (grids.size() - 1) / (count - 1)]);
  return chosen;
}

/// A table without columns if the file is missing, as where only checkpoints were copied.
MetricsTable metrics_if_any(const fs::path& file) { return fs::exists(file) ? read_metrics(file) : MetricsTable{}; }

void add_summary(HtmlReport& report, const MetricsTable& metrics, const MetricsTable& timing,
                 const std::vector<Metric>& declared) {
  report.heading("Last values");
  if (metrics.values.empty() || metrics.values.front().empty()) {
    report.paragraph("There are no metrics.");
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < metrics.columns.size(); ++i) {
    const auto metric = std::ranges::find(declared, metrics.columns[i], &Metric::name);
    rows.push_back(
        {metrics.columns[i], general_text(metrics.values[i].back(), 5), metric == declared.end() ? "" : metric->unit});
  }
  const auto speeds =
      has_column(timing, "steps_per_second") ? timing.column("steps_per_second") : std::vector<double>{};
  if (!speeds.empty()) rows.push_back({"steps per second", general_text(speeds.back(), 5), ""});
  report.table({"quantity", "last value", "unit"}, rows);
}

using Captioned = std::vector<std::pair<Picture, std::string>>;

/// A file that is no picture, or one that pages cannot show, may be the user's own: the page names it and goes on.
void add_picture(HtmlReport& report, Captioned& pictures, const fs::path& file, const std::string& caption) {
  try {
    pictures.emplace_back(read_png(file), caption);
  } catch (const Error& cause) {
    report.paragraph(std::string("A picture that cannot be shown: ") + cause.what());
  }
}

/// Either may be missing: some objectives draw no samples.
void add_samples(HtmlReport& report, const fs::path& directory, const std::vector<fs::path>& grids) {
  const fs::path data = directory / run_layout::kSamples / "data.png";
  const bool has_data = fs::exists(data);
  if (!has_data && grids.empty()) return;
  report.heading(grids.empty() ? "Training data" : has_data ? "Data beside samples" : "Samples");
  Captioned pair;
  if (has_data) add_picture(report, pair, data, "training data");
  if (!grids.empty()) add_picture(report, pair, grids.back(), "samples, " + grids.back().stem().string());
  report.pictures(pair);
}

void add_drawn(HtmlReport& report, const fs::path& directory) {
  Captioned drawn;
  for (const auto& [file, caption] :
       {std::pair{"buffer.png", "replay buffer"}, std::pair{"noise.png", "chains from uniform noise"},
        std::pair{"prior.png", "draws from the prior"}, std::pair{"components.png", "one mixture component a row"},
        std::pair{"reconstructions.png", "data, and below each row its reconstructions"}}) {
    if (fs::exists(directory / file)) add_picture(report, drawn, directory / file, caption);
  }
  if (!drawn.empty()) {
    report.heading("Drawn by cebm-sample");
    report.pictures(drawn);
  }
}

void add_history(HtmlReport& report, const std::vector<fs::path>& grids) {
  if (grids.empty()) return;
  report.heading("Samples over time");
  Captioned history;
  for (const fs::path& grid : spread_out(grids, 12)) add_picture(report, history, grid, grid.stem().string());
  report.pictures(history);
}

/// The first of name, name_2, name_3, ... that is not taken: different titles may give the same file name.
std::string free_name(const std::string& name, std::set<std::string>& taken) {
  const fs::path path(name);
  std::string free = name;
  for (int n = 2; !taken.insert(free).second; ++n) {
    free = path.stem().string() + "_" + std::to_string(n) + path.extension().string();
  }
  return free;
}

void add_curves(HtmlReport& report, const std::vector<Chart>& charts) {
  if (charts.empty()) return;
  report.heading("Curves");
  for (const Chart& chart : charts) report.chart(chart);
}

void write_curves(const fs::path& folder, const std::vector<Chart>& charts) {
  fs::create_directories(folder);
  std::set<std::string> taken;
  for (const Chart& chart : charts) {
    write_file_atomically(folder / free_name(chart_file(chart), taken), chart_svg(chart));
  }
}

fs::path write_page(const fs::path& directory, const Registry<EvaluatorEntry>& evaluators,
                    const std::optional<TrainingStatus>& training) {
  if (!fs::exists(directory / run_layout::kConfig)) {
    throw CheckpointError(directory.string() + ": expected a run (config.yaml), found none");
  }
  const MetricsTable metrics = metrics_if_any(directory / run_layout::kMetrics);
  const MetricsTable timing = metrics_if_any(directory / run_layout::kTiming);
  const fs::path whole = (fs::absolute(directory) / "").lexically_normal().parent_path();  // also of "run/" and "."
  HtmlReport report("cebm run " + whole.filename().string());
  const std::vector<Metric> declared = read_metric_declarations(directory);
  add_run_heading(report, directory, metrics, declared, training);
  const std::vector<fs::path> grids = grid_files(directory);
  add_samples(report, directory, grids);
  add_drawn(report, directory);
  const std::vector<Chart> charts = charts_of(metrics, declared);
  add_curves(report, charts);
  add_events(report, directory);
  add_summary(report, metrics, timing, declared);
  add_evaluations(report, directory, evaluators);
  // During training the page is rewritten often, so its slowest parts wait for the end.
  if (!training) {
    add_history(report, grids);
    write_curves(directory / "curves", charts);
  }
  report.heading("Configuration");
  report.code(read_file(directory / run_layout::kConfig));
  report.write(directory / run_layout::kReport);
  return directory / run_layout::kReport;
}

}  // namespace

fs::path write_run_report(const fs::path& directory, const Registry<EvaluatorEntry>& evaluators,
                          const std::optional<TrainingStatus>& training) {
  try {
    return write_page(directory, evaluators, training);
  } catch (const fs::filesystem_error& cause) {
    throw IoError(cause.path1().string() + ": " + cause.code().message());
  }
}

}  // namespace cebm
