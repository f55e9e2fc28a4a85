#include <cebm/ood_result.h>
#include <cebm/paper_values.h>
#include <cebm/report.h>

#include "base/fixed_text.h"
#include "eval/evaluators/ood.h"

namespace cebm {

namespace {

/// "0.893 [0.889, 0.897]"
std::string metric_text(const Estimate& estimate) {
  return fixed_text(estimate.value, 3) + " [" + fixed_text(estimate.low, 3) + ", " + fixed_text(estimate.high, 3) + "]";
}

std::string paper_text(const FinishedEvaluation& finished, const std::string& score, const std::string& set) {
  const auto value = paper_value(PaperTable::ood, finished.run_model, finished.run_data, score, set);
  if (!finished.beside_paper || !value) return "none";
  return fixed_text(*value / 100.0, 2);
}

/// Table rows of one score, one for each set that has it.
std::vector<std::vector<std::string>> rows_of(const FinishedEvaluation& finished, const OodResult& result,
                                              const std::string& score) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [set, of_set] : result.sets) {
    const auto found = of_set.scores.find(score);
    if (found == of_set.scores.end()) continue;
    const RankingEstimates& metrics = found->second;
    rows.push_back({paper_name(score), paper_name(set), metric_text(metrics.auroc), paper_text(finished, score, set),
                    metric_text(metrics.aupr), metric_text(metrics.fpr95)});
  }
  return rows;
}

}  // namespace

void ood_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const OodResult result = OodResult::from_json(finished.result);
  report.paragraph("How well scores tell the " + std::to_string(result.images) + " images of " +
                   paper_name(result.data) + " (" + result.split +
                   ") from other sets. In-distribution is the positive class: 1 is a perfect AUROC, 0.5 chance, below "
                   "that the other set scores higher. In brackets: 95% intervals.");
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> histograms;
  for (const std::string& score : ood_scores()) {
    const auto of_score = rows_of(finished, result, score);
    rows.insert(rows.end(), of_score.begin(), of_score.end());
    if (!of_score.empty()) histograms.push_back("histogram_" + score + ".svg");
  }
  report.table({"score", "other set", "AUROC", "the paper's AUROC", "AUPR", "FPR at 95% TPR"}, rows);
  for (const auto& [set, of_set] : result.sets) {
    if (of_set.missing.empty()) continue;
    report.paragraph(paper_name(set) + " is missing: " + of_set.missing.substr(0, of_set.missing.find('\n')));
  }
  for (const std::string& file : histograms) report.figure(finished.directory / file);
}

}  // namespace cebm
