#include "runs/metrics_file.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include "base/durable/new_file.h"
#include "base/json_text.h"
#include "runs/run_layout.h"

namespace cebm {

namespace fs = std::filesystem;

void write_metric_declarations(const fs::path& directory, const std::vector<Metric>& metrics) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Metric& metric : metrics) {
    nlohmann::ordered_json one{
        {"name", metric.name}, {"unit", metric.unit}, {"when", metric.when == Metric::When::step ? "step" : "row"}};
    if (!metric.curve.chart.empty()) one["curve"] = {{"chart", metric.curve.chart}, {"label", metric.curve.label}};
    all.push_back(std::move(one));
  }
  write_if_other(directory / run_layout::kDeclarations, all.dump(2) + "\n");
}

std::vector<Metric> read_metric_declarations(const fs::path& directory) {
  const fs::path file = directory / run_layout::kDeclarations;
  if (!fs::exists(file)) return {};
  std::vector<Metric> metrics;
  try {
    for (const nlohmann::json& one : parse_json(read_file(file))) {
      Metric metric{.name = one.at("name").get<std::string>(), .unit = one.at("unit").get<std::string>()};
      if (one.contains("curve")) {
        metric.curve = {one["curve"].at("chart").get<std::string>(), one["curve"].at("label").get<std::string>()};
      }
      metrics.push_back(std::move(metric));
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": expected the declarations of metrics, found damage: " + error.what());
  }
  return metrics;
}

}  // namespace cebm
