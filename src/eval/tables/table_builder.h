// Arranges results of runs in rows and columns.
#pragma once

#include <cebm/paper_values.h>
#include <cebm/tables.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cebm {

/// The key of a column: the one that paper_value() takes, and checksums that tell sets of one name apart.
struct TableColumn {
  std::string data;    ///< registered names
  std::string column;  ///< labels per class, score, neighbours, or source of samples
  std::string other = {};
  bool lower_is_better = false;
  std::string test_set = {};   ///< of `data`, as ResultBasis::test_set
  std::string other_set = {};  ///< of `other`
  bool operator==(const TableColumn&) const = default;
};

class TableBuilder {
 public:
  explicit TableBuilder(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

  /// Adds one of our values to a cell; shares are in percent.
  void add(const std::string& row, bool baseline, const TableColumn& column, double value);
  /// Writes the paper's values of `model` into that row, adding the row if it is missing.
  void add_paper(PaperTable table, const std::string& row, const std::string& model);
  /// Marks the best value of each column and returns the rows in order of insertion, baselines last.
  std::vector<TableRow> finish();

  const std::vector<TableColumn>& columns() const { return columns_; }

 private:
  TableRow& row(const std::string& name, bool baseline);

  std::vector<TableColumn> columns_;
  std::vector<TableRow> rows_;
};

/// The member of RunResults that says where a table's numbers come from.
using BasisOf = ResultBasis RunResults::*;

/// Indices of the runs in the order of their rows: the paper's models in its order, then others.
std::vector<std::size_t> in_row_order(const std::vector<RunResults>& runs);
/// The row of each run: its model, and a folder where a model has several configurations or evaluations for one data
/// set.
std::vector<std::string> row_names(const std::vector<RunResults>& runs, BasisOf basis);
/// What the row of a baseline that all runs share adds for each run: a folder where the runs on its test set were
/// evaluated in several ways.
std::vector<std::string> baseline_notes(const std::vector<RunResults>& runs, BasisOf basis);
/// The test sets of the results on `data`, in order of appearance; an unknown one if there are no results.
std::vector<std::string> test_sets(const std::string& data, const std::vector<RunResults>& runs, BasisOf basis);
/// How the data set of a column is printed; with a checksum, and the folder if there is one, where the columns have
/// several of its name.
std::string data_heading(const TableColumn& column, const std::vector<TableColumn>& columns,
                         const std::vector<RunResults>& runs, BasisOf basis);
/// Likewise the other set.
std::string other_heading(const TableColumn& column, const std::vector<TableColumn>& columns);
/// The distinct columns that `of_run` returns for the runs on `data`, in order of appearance.
template <class ColumnsOf>
std::vector<TableColumn> columns_of(const std::string& data, const std::vector<RunResults>& runs,
                                    const ColumnsOf& of_run) {
  std::vector<TableColumn> columns;
  for (const RunResults& run : runs) {
    if (run.data != data) continue;
    for (const TableColumn& column : of_run(run)) {
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    }
  }
  return columns;
}
/// Adds the paper's values to the rows of all runs, which have these names, and rows for the paper's models without a
/// run.
void add_paper_rows(TableBuilder& builder, PaperTable table, const std::vector<RunResults>& runs,
                    const std::vector<std::string>& names);
/// Data sets in the paper's order, then others.
std::vector<std::string> data_sets(const std::vector<RunResults>& runs, PaperTable table, bool all_sets);

}  // namespace cebm
