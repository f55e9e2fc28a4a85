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

constexpr BasisOf kOodFrom = &RunResults::ood_from;

TableColumn column_of(const RunResults& run, const OodRanking& value, bool lower) {
  return {run.data, value.score, value.other, lower, (run.*kOodFrom).test_set, value.other_set};
}

/// The paper's scores and sets, then further ones of our results on this test set; the sets of one score are adjacent.
std::vector<TableColumn> ood_columns(const std::string& data, const std::string& test_set,
                                     const std::vector<RunResults>& runs, bool lower) {
  std::vector<TableColumn> ours;
  for (const RunResults& run : runs) {
    if (run.data != data || (run.*kOodFrom).test_set != test_set) continue;
    for (const OodRanking& value : run.ood) ours.push_back(column_of(run, value, lower));
  }
  std::vector<TableColumn> columns;
  const auto add = [&](const TableColumn& column) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  for (const PaperValue& value : paper_values()) {
    if (value.table != PaperTable::ood || value.data != data) continue;
    const TableColumn papers{data, value.column, value.other, lower, test_set, {}};
    bool has_ours = false;
    for (const TableColumn& column : ours) {
      if (column.column != papers.column || column.other != papers.other) continue;
      add(column);
      has_ours = true;
    }
    if (!has_ours) add(papers);
  }
  for (const TableColumn& column : ours) add(column);
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
    for (const std::string& test_set : test_sets(data, runs, kOodFrom)) {
      const std::vector<TableColumn> of_set = ood_columns(data, test_set, runs, metric.lower_is_better);
      columns.insert(columns.end(), of_set.begin(), of_set.end());
    }
  }
  TableBuilder builder(columns);
  const std::vector<std::string> names = row_names(runs, kOodFrom);
  if (metric.value == &OodRanking::auroc) add_paper_rows(builder, PaperTable::ood, runs, names);
  for (const std::size_t run : in_row_order(runs)) {
    for (const OodRanking& value : runs[run].ood) {
      builder.add(names[run], false, column_of(runs[run], value, metric.lower_is_better), 100.0 * value.*metric.value);
    }
  }
  ResultTable table{"Table 5: detection of other data sets",
                    std::string(metric.printed) + " in percent; in-distribution is the positive class, " +
                        (metric.lower_is_better ? "lower" : "higher") + " is better.",
                    {"trained on", "score", "other set"},
                    {},
                    builder.finish()};
  for (const TableColumn& column : columns) {
    table.heads.push_back(
        {data_heading(column, columns, runs, kOodFrom), paper_name(column.column), other_heading(column, columns)});
  }
  return table;
}

}  // namespace cebm
