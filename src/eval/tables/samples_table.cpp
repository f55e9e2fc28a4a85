#include "eval/tables/table_builder.h"

namespace cebm {

namespace {

TableColumn column_of(const RunResults& run, const SampleMeasure& value) {
  return {run.data, value.source, value.measure, value.lower_is_better};
}

}  // namespace

ResultTable samples_table(const std::vector<RunResults>& runs) {
  std::vector<TableColumn> columns;
  for (const std::string& data : data_sets(runs, PaperTable::few_labels, false)) {
    const auto of_set = columns_of(data, runs, [](const RunResults& run) {
      std::vector<TableColumn> own;
      for (const SampleMeasure& value : run.samples) own.push_back(column_of(run, value));
      return own;
    });
    columns.insert(columns.end(), of_set.begin(), of_set.end());
  }
  TableBuilder builder(columns);
  const std::vector<std::string> names = row_names(runs);
  for (const std::size_t run : in_row_order(runs)) {
    for (const SampleMeasure& value : runs[run].samples) {
      builder.add(names[run], false, column_of(runs[run], value), value.value);
    }
  }
  ResultTable table{"Samples",
                    "Frechet distance to the test images in the features of a small classifier, lower is better; "
                    "precision, recall and coverage in percent.",
                    {"data set", "samples", "measure"},
                    {},
                    builder.finish()};
  for (const TableColumn& column : columns) {
    table.heads.push_back({paper_name(column.data), column.column, column.other});
  }
  return table;
}

}  // namespace cebm
