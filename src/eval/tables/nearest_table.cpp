#include "eval/evaluators/few_shot.h"
#include "eval/evaluators/spaces.h"
#include "eval/tables/table_builder.h"

namespace cebm {

namespace {

constexpr BasisOf kNearestFrom = &RunResults::nearest_from;

TableColumn column_of(const RunResults& run, const NearestAccuracy& value) {
  return {.data = run.data, .column = std::to_string(value.k), .test_set = (run.*kNearestFrom).test_set};
}

}  // namespace

ResultTable nearest_table(const std::vector<RunResults>& runs) {
  std::vector<TableColumn> columns;
  for (const std::string& data : data_sets(runs, PaperTable::few_labels, false)) {
    const auto of_set = columns_of(data, runs, [](const RunResults& run) {
      std::vector<TableColumn> own;
      for (const NearestAccuracy& value : run.nearest) own.push_back(column_of(run, value));
      return own;
    });
    columns.insert(columns.end(), of_set.begin(), of_set.end());
  }
  TableBuilder builder(columns);
  const std::vector<std::string> names = row_names(runs, kNearestFrom);
  const std::vector<std::string> notes = baseline_notes(runs, kNearestFrom);
  std::vector<std::pair<std::string, TableColumn>> with_pixels;  // the same for all runs that were evaluated alike
  for (const std::size_t run : in_row_order(runs)) {
    for (const NearestAccuracy& value : runs[run].nearest) {
      const TableColumn column = column_of(runs[run], value);
      if (value.space != kPixels) {
        builder.add(names[run] + ", " + value.space, false, column, 100.0 * value.accuracy);
      } else if (const std::pair cell{"Raw pixels" + notes[run], column};
                 std::ranges::find(with_pixels, cell) == with_pixels.end()) {
        builder.add(cell.first, true, column, 100.0 * value.accuracy);
        with_pixels.push_back(cell);
      }
    }
  }
  ResultTable table{"Nearest neighbours",
                    "Test accuracy in percent of the class of the nearest training images.",
                    {"data set", "neighbours"},
                    {},
                    builder.finish()};
  for (const TableColumn& column : columns) {
    table.heads.push_back({data_heading(column, columns, runs, kNearestFrom), column.column});
  }
  return table;
}

}  // namespace cebm
