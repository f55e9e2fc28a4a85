#include <cebm/few_shot_result.h>
#include <cebm/paper_values.h>
#include <cebm/report.h>

#include "eval/evaluators/few_shot.h"
#include "eval/tables/percent.h"

namespace cebm {

namespace {

constexpr const char* kFull = "full";

/// "45.8 ± 4.5 [42.6, 49.0]"
std::string few_text(const FewShotResult::Accuracy& accuracy) {
  const auto percent = [](double share) { return percent_text(100.0 * share); };
  return percent(accuracy.mean) + " ± " + percent(accuracy.std) + " [" + percent(accuracy.low) + ", " +
         percent(accuracy.high) + "]";
}

std::string full_text(const FewShotResult::Space& space) {
  return space.full ? percent_text(100.0 * *space.full) : "missing";
}

}  // namespace

void few_shot_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const FewShotResult result = FewShotResult::from_json(finished.result);
  std::vector<std::string> labels;
  for (const std::int64_t shots : result.shots) labels.push_back(std::to_string(shots));
  std::vector<std::string> header{"code"};
  header.insert(header.end(), labels.begin(), labels.end());
  header.emplace_back("all");
  std::vector<std::vector<std::string>> rows;
  const auto add_rows = [&](const std::map<std::string, FewShotResult::Space>& spaces, const std::string& scaled) {
    for (const auto& [name, space] : spaces) {
      std::vector<std::string> row{name + scaled};
      for (const std::int64_t shots : result.shots) row.push_back(few_text(space.few.at(shots)));
      row.push_back(full_text(space));
      rows.push_back(std::move(row));
    }
  };
  add_rows(result.spaces, "");
  add_rows(result.standardised, ", standardised");
  labels.emplace_back(kFull);
  std::vector<std::string> paper{"the paper's " + paper_name(finished.run_model)};
  bool known = false;
  for (const std::string& column : labels) {
    const auto value = paper_value(PaperTable::few_labels, finished.run_model, finished.run_data, column);
    paper.push_back(value ? percent_text(*value) : "none");
    known = known || value;
  }
  if (known && finished.beside_paper) rows.push_back(std::move(paper));
  const std::string scored = result.validation > 0 ? "Validation accuracy (on " + std::to_string(result.validation) +
                                                         " training images, not on the test set)"
                                                   : "Test accuracy";
  report.paragraph(scored + " in percent of a logistic classifier" + cost_text(result.cost) +
                   ", by labelled training images per class: mean and standard "
                   "deviation over " +
                   std::to_string(result.draws) +
                   " draws of them, and the 95% interval of the mean. Baselines: the pixels, and the code of the same "
                   "network with its initial weights. Standardised: each feature brought to mean 0 and deviation 1 "
                   "over the training images, without their labels, before the classifier; the paper's are not.");
  report.table(header, rows);
  report.figure(finished.directory / "few_shot.svg");
}

}  // namespace cebm
