#include <cebm/errors.h>

#include <algorithm>

#include "eval/tables/table_builder.h"

namespace cebm {

namespace {

struct OodMetric {
  const char* name;
  const char* printed;
  double OodRanking::*value;
  bool lower_is_better;
};

constexpr OodMetric kMetrics[] = {
    {"auroc", "AUROC", &OodRanking::auroc, false},
    {"aupr", "AUPR", &OodRanking::aupr, false},
    {"fpr95", "False-positive rate at 95% true-positive rate", &OodRanking::fpr95, true},
};

const OodMetric& find_metric(const std::string& name) {
  for (const OodMetric& metric : kMetrics) {
    if (metric.name == name) return metric;
  }
  throw ConfigError("table: expected a metric out of auroc, aupr, fpr95, found '" + name + "'");
}

/// The paper's scores and sets, then further ones of our results; the sets of one score are adjacent.
std::vector<TableColumn> ood_columns(const std::string& data, const std::vector<RunResults>& runs, bool lower) {
  std::vector<TableColumn> columns;
  const auto add = [&](const TableColumn& column) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  for (const PaperValue& value : paper_values()) {
    if (value.table == PaperTable::ood && value.data == data) add({data, value.column, value.other, lower});
  }
  for (const RunResults& run : runs) {
    if (run.data != data) continue;
    for (const OodRanking& value : run.ood) add({data, value.score, value.other, lower});
  }
  std::vector<std::string> scores;
  for (const TableColumn& column : columns) {
    if (std::ranges::find(scores, column.column) == scores.end()) scores.push_back(column.column);
  }
  std::ranges::stable_sort(columns, {}, [&](const TableColumn& column) {
    return std::ranges::find(scores, column.column) - scores.begin();
  });
  return columns;
}

}  // namespace

ResultTable ood_table(const std::vector<RunResults>& runs, const std::string& metric_name, bool all_sets) {
  const OodMetric& metric = find_metric(metric_name);
  std::vector<TableColumn> columns;
  for (const std::string& data : data_sets(runs, PaperTable::ood, all_sets)) {
    const std::vector<TableColumn> of_set = ood_columns(data, runs, metric.lower_is_better);
    columns.insert(columns.end(), of_set.begin(), of_set.end());
  }
  TableBuilder builder(columns);
  const std::vector<std::string> names = row_names(runs);
  if (metric.value == &OodRanking::auroc) add_paper_rows(builder, PaperTable::ood, runs);
  for (const std::size_t run : in_row_order(runs)) {
    for (const OodRanking& value : runs[run].ood) {
      builder.add(names[run], false, {runs[run].data, value.score, value.other, metric.lower_is_better},
                  100.0 * value.*metric.value);
    }
  }
  ResultTable table{"Table 5: detection of other data sets",
                    std::string(metric.printed) + " in percent; in-distribution is the positive class, " +
                        (metric.lower_is_better ? "lower" : "higher") + " is better.",
                    {"trained on", "score", "other set"},
                    {},
                    builder.finish()};
  for (const TableColumn& column : columns) {
    table.heads.push_back({paper_name(column.data), paper_name(column.column), paper_name(column.other)});
  }
  return table;
}

}  // namespace cebm
