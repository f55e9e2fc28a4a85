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

std::vector<std::string> row_names(const std::vector<RunResults>& runs) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> configurations;  // of a model for a data set
  std::map<std::string, std::string> folders;                                           // by configuration
  for (const RunResults& run : runs) {
    configurations[{run.model, run.data}].insert(run.configuration);
    folders.try_emplace(run.configuration, readable(run.directory.string()));
  }
  const auto has_several = [&](const std::string& model) {
    return std::ranges::any_of(
        configurations, [&](const auto& entry) { return entry.first.first == model && entry.second.size() > 1; });
  };
  std::vector<std::string> names;
  for (const RunResults& run : runs) {
    names.push_back(paper_name(run.model) +
                    (has_several(run.model) ? " (" + folders.at(run.configuration) + ")" : std::string()));
  }
  return names;
}

void add_paper_rows(TableBuilder& builder, PaperTable table, const std::vector<RunResults>& runs) {
  const std::vector<std::string> names = row_names(runs);
  const std::vector<std::size_t> order = in_row_order(runs);
  std::set<std::string> others;
  for (const RunResults& run : runs) others.insert(run.model);
  for (const std::string& model : paper_models()) {
    if (!others.contains(model)) builder.add_paper(table, paper_name(model), model);
    for (const std::size_t run : order) {
      if (runs[run].model == model) builder.add_paper(table, names[run], model);
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
