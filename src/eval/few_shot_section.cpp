#include <cebm/paper_values.h>
#include <cebm/report.h>

#include "eval/few_shot.h"
#include "eval/percent.h"

namespace cebm {

namespace {

constexpr const char* kFull = "full";

/// "45.8 ± 4.5 [42.6, 49.0]"
std::string few_text(const nlohmann::json& accuracy) {
  const auto percent = [](const nlohmann::json& share) { return percent_text(100.0 * share.get<double>()); };
  const nlohmann::json& interval = accuracy.at("ci95");
  return percent(accuracy.at("mean")) + " ± " + percent(accuracy.at("std")) + " [" + percent(interval.at(0)) + ", " +
         percent(interval.at(1)) + "]";
}

std::string full_text(const nlohmann::json& accuracies) {
  if (!accuracies.contains(kFull)) return "missing";
  const nlohmann::json& full = accuracies.at(kFull);
  return full.is_null() ? "left out" : percent_text(100.0 * full.at("accuracy").get<double>());
}

}  // namespace

void few_shot_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const nlohmann::json& result = finished.result;
  std::vector<std::string> labels;
  for (const auto& shots : result.at("shots")) labels.push_back(std::to_string(shots.get<std::int64_t>()));
  std::vector<std::string> header{"code"};
  header.insert(header.end(), labels.begin(), labels.end());
  header.emplace_back("all");
  std::vector<std::vector<std::string>> rows;
  for (const auto& [space, accuracies] : result.at("spaces").items()) {
    std::vector<std::string> row{space};
    for (const std::string& shots : labels) row.push_back(few_text(accuracies.at(shots)));
    row.push_back(full_text(accuracies));
    rows.push_back(std::move(row));
  }
  labels.emplace_back(kFull);
  std::vector<std::string> paper{"the paper's " + paper_name(finished.run_model)};
  bool known = false;
  for (const std::string& column : labels) {
    const auto value = paper_value(PaperTable::few_labels, finished.run_model, finished.run_data, column);
    paper.push_back(value ? percent_text(*value) : "none");
    known = known || value;
  }
  if (known) rows.push_back(std::move(paper));
  report.paragraph(
      "Test accuracy in percent of a logistic classifier, by labelled training images per class: mean and "
      "standard deviation over " +
      std::to_string(result.at("draws").get<std::int64_t>()) +
      " draws of them, and the 95% interval of the mean. Baselines: the pixels, and the code of the same "
      "network with its initial weights.");
  report.table(header, rows);
  for (const auto& [space, accuracies] : result.at("spaces").items()) {
    if (accuracies.contains("full_left_out")) {
      report.paragraph(space + ", all labels: " + accuracies.at("full_left_out").get<std::string>());
    }
  }
  report.figure(finished.directory / "few_shot.svg");
}

}  // namespace cebm
