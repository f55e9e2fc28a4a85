#include <algorithm>

#include "eval/tables/table_builder.h"

namespace cebm {

namespace {

constexpr BasisOf kSamplesFrom = &RunResults::samples_from;

TableColumn column_of(const RunResults& run, const SampleMeasure& value) {
  return {run.data, value.source, value.measure, value.lower_is_better, (run.*kSamplesFrom).test_set, {}};
}

/// What images were compared in, in order of appearance.
std::vector<std::string> kinds_of_features(const std::vector<RunResults>& runs) {
  std::vector<std::string> kinds;
  for (const RunResults& run : runs) {
    for (const SampleMeasure& value : run.samples) {
      if (std::ranges::find(kinds, value.features) == kinds.end()) kinds.push_back(value.features);
    }
  }
  return kinds;
}

ResultTable samples_table(const std::vector<RunResults>& runs, const std::string& features) {
  std::vector<TableColumn> columns;
  for (const std::string& data : data_sets(runs, PaperTable::few_labels, false)) {
    const auto of_set = columns_of(data, runs, [&](const RunResults& run) {
      std::vector<TableColumn> own;
      for (const SampleMeasure& value : run.samples) {
        if (value.features == features) own.push_back(column_of(run, value));
      }
      return own;
    });
    columns.insert(columns.end(), of_set.begin(), of_set.end());
  }
  TableBuilder builder(columns);
  const std::vector<std::string> names = row_names(runs, kSamplesFrom);
  for (const std::size_t run : in_row_order(runs)) {
    for (const SampleMeasure& value : runs[run].samples) {
      if (value.features == features) builder.add(names[run], false, column_of(runs[run], value), value.value);
    }
  }
  ResultTable table{"Samples",
                    "Frechet distance to the test images in " + features +
                        ", lower is better; precision, recall and coverage in percent.",
                    {"data set", "samples", "measure"},
                    {},
                    builder.finish()};
  for (const TableColumn& column : columns) {
    table.heads.push_back({data_heading(column, columns, runs, kSamplesFrom), column.column, column.other});
  }
  return table;
}

}  // namespace

std::vector<ResultTable> samples_tables(const std::vector<RunResults>& runs) {
  std::vector<ResultTable> tables;
  for (const std::string& features : kinds_of_features(runs)) tables.push_back(samples_table(runs, features));
  return tables;
}

}  // namespace cebm
