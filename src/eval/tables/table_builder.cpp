#include "eval/tables/table_builder.h"

#include <cebm/text.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "eval/tables/percent.h"

namespace cebm {

namespace {

/// Models of the paper's tables, in its order.
std::vector<std::string> paper_models() {
  std::vector<std::string> models;
  for (const PaperValue& value : paper_values()) {
    if (std::ranges::find(models, value.model) == models.end()) models.push_back(value.model);
  }
  return models;
}

/// "MNIST (cats, 3fa9c1d2)"
std::string told_apart(const std::string& name, const std::string& place, const std::string& checksum) {
  if (checksum.empty()) return paper_name(name);
  return paper_name(name) + " (" + (place.empty() ? "" : place + ", ") + checksum.substr(0, 8) + ")";
}

/// What the runs of a row have in common. A run without a result joins the first row of its configuration.
std::string row_key(const RunResults& run, const std::vector<RunResults>& runs, BasisOf basis) {
  const auto same = std::ranges::find_if(runs, [&](const RunResults& other) {
    return other.configuration == run.configuration && !(other.*basis).protocol.empty();
  });
  const bool has_result = !(run.*basis).protocol.empty() || same == runs.end();
  return run.configuration + "\n" + (has_result ? run.*basis : *same.*basis).protocol;
}

std::string model_name(const RunResults& run) {
  return paper_name(run.model) + (run.learned_labels ? ", trained with labels" : "");
}

}  // namespace

double TableCell::mean() const {
  if (ours.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(ours.begin(), ours.end(), 0.0) / static_cast<double>(ours.size());
}

std::optional<double> TableCell::std() const {
  if (ours.size() < 2) return std::nullopt;
  double squares = 0.0;
  for (const double value : ours) squares += (value - mean()) * (value - mean());
  return std::sqrt(squares / static_cast<double>(ours.size() - 1));
}

TableRow& TableBuilder::row(const std::string& name, bool baseline) {
  for (TableRow& row : rows_) {
    if (row.name == name && row.baseline == baseline) return row;
  }
  rows_.push_back({name, baseline, std::vector<TableCell>(columns_.size())});
  return rows_.back();
}

void TableBuilder::add(const std::string& name, bool baseline, const TableColumn& column, double value) {
  const auto at = std::ranges::find(columns_, column);
  if (at == columns_.end()) return;
  row(name, baseline).cells[static_cast<std::size_t>(at - columns_.begin())].ours.push_back(value);
}

void TableBuilder::add_paper(PaperTable table, const std::string& name, const std::string& model) {
  TableRow& into = row(name, false);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    into.cells[c].paper = paper_value(table, model, columns_[c].data, columns_[c].column, columns_[c].other);
  }
}

std::vector<TableRow> TableBuilder::finish() {
  std::ranges::stable_sort(rows_, {}, &TableRow::baseline);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    double best = std::numeric_limits<double>::quiet_NaN();
    for (const TableRow& row : rows_) {
      const double mean = row.cells[c].mean();
      if (!std::isnan(mean) && !(columns_[c].lower_is_better ? mean >= best : mean <= best)) best = mean;
    }
    for (TableRow& row : rows_) {
      row.cells[c].best = !row.cells[c].ours.empty() && percent_text(row.cells[c].mean()) == percent_text(best);
    }
  }
  return rows_;
}

std::vector<std::size_t> in_row_order(const std::vector<RunResults>& runs) {
  const std::vector<std::string> models = paper_models();
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t run) { return std::ranges::find(models, runs[run].model) - models.begin(); });
  return order;
}

std::vector<std::string> row_names(const std::vector<RunResults>& runs, BasisOf basis) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> rows;  // of a model for a data set
  std::map<std::string, std::string> folders;                                 // by row
  for (const RunResults& run : runs) {
    const std::string row = row_key(run, runs, basis);
    rows[{model_name(run), run.data}].insert(row);
    folders.try_emplace(row, readable(run.directory.string()));
  }
  const auto has_several = [&](const std::string& model) {
    return std::ranges::any_of(
        rows, [&](const auto& entry) { return entry.first.first == model && entry.second.size() > 1; });
  };
  std::vector<std::string> names;
  for (const RunResults& run : runs) {
    const std::string name = model_name(run);
    names.push_back(name + (has_several(name) ? " (" + folders.at(row_key(run, runs, basis)) + ")" : std::string()));
  }
  return names;
}

std::vector<std::string> baseline_notes(const std::vector<RunResults>& runs, BasisOf basis) {
  std::vector<std::string> notes;
  for (const RunResults& run : runs) {
    const ResultBasis& mine = run.*basis;
    std::map<std::string, std::string> folders;  // by protocol
    for (const RunResults& other : runs) {
      const ResultBasis& its = other.*basis;
      if (other.data != run.data || its.test_set != mine.test_set || its.protocol.empty()) continue;
      folders.try_emplace(its.protocol, readable(other.directory.string()));
    }
    notes.push_back(folders.size() > 1 && folders.contains(mine.protocol) ? " (" + folders.at(mine.protocol) + ")"
                                                                          : std::string());
  }
  return notes;
}

std::vector<std::string> test_sets(const std::string& data, const std::vector<RunResults>& runs, BasisOf basis) {
  std::vector<std::string> sets;
  for (const RunResults& run : runs) {
    const ResultBasis& from = run.*basis;
    if (run.data != data || (from.protocol.empty() && from.test_set.empty())) continue;
    if (std::ranges::find(sets, from.test_set) == sets.end()) sets.push_back(from.test_set);
  }
  return sets.empty() ? std::vector<std::string>{""} : sets;
}

std::string data_heading(const TableColumn& column, const std::vector<TableColumn>& columns,
                         const std::vector<RunResults>& runs, BasisOf basis) {
  const bool several = std::ranges::any_of(columns, [&](const TableColumn& other) {
    return other.data == column.data && other.test_set != column.test_set;
  });
  if (!several) return paper_name(column.data);
  const auto of_set = std::ranges::find_if(
      runs, [&](const RunResults& run) { return run.data == column.data && (run.*basis).test_set == column.test_set; });
  return told_apart(column.data, of_set == runs.end() ? "" : of_set->place, column.test_set);
}

std::string other_heading(const TableColumn& column, const std::vector<TableColumn>& columns) {
  const bool several = std::ranges::any_of(columns, [&](const TableColumn& other) {
    return other.data == column.data && other.test_set == column.test_set && other.other == column.other &&
           !other.other_set.empty() && other.other_set != column.other_set;
  });
  return told_apart(column.other, "", several ? column.other_set : "");
}

void add_paper_rows(TableBuilder& builder, PaperTable table, const std::vector<RunResults>& runs,
                    const std::vector<std::string>& names) {
  const std::vector<std::size_t> order = in_row_order(runs);
  std::set<std::string> others;
  for (const RunResults& run : runs) {
    if (!run.learned_labels) others.insert(run.model);
  }
  for (const std::string& model : paper_models()) {
    if (!others.contains(model)) builder.add_paper(table, paper_name(model), model);
    for (const std::size_t run : order) {
      if (runs[run].model == model && !runs[run].learned_labels) builder.add_paper(table, names[run], model);
    }
  }
}

std::vector<std::string> data_sets(const std::vector<RunResults>& runs, PaperTable table, bool all_sets) {
  std::set<std::string> trained_on;
  for (const RunResults& run : runs) trained_on.insert(run.data);
  std::vector<std::string> sets;
  for (const PaperValue& value : paper_values()) {
    const bool wanted = value.table == table && (all_sets || trained_on.contains(value.data));
    if (wanted && std::ranges::find(sets, value.data) == sets.end()) sets.push_back(value.data);
  }
  for (const std::string& data : trained_on) {
    if (std::ranges::find(sets, data) == sets.end()) sets.push_back(data);
  }
  return sets;
}

}  // namespace cebm
