#include <cebm/few_shot_result.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "eval/evaluators/few_shot.h"
#include "eval/evaluators/spaces.h"
#include "eval/tables/table_builder.h"

namespace cebm {

namespace {

constexpr const char* kLatent = "latent";

/// "1" < "10" < "100" < "full"
long labels_order(const std::string& labels) {
  return labels == "full" ? std::numeric_limits<long>::max() : std::atol(labels.c_str());
}

constexpr BasisOf kFewLabelsFrom = &RunResults::few_labels_from;

/// The paper's numbers of labels on a set, and those of our results on this test set.
std::vector<TableColumn> few_label_columns(const std::string& data, const std::string& test_set,
                                           const std::vector<RunResults>& runs) {
  std::vector<std::string> all;
  const auto add = [&](const std::string& labels) {
    if (std::ranges::find(all, labels) == all.end()) all.push_back(labels);
  };
  for (const PaperValue& value : paper_values()) {
    if (value.table == PaperTable::few_labels && value.data == data) add(value.column);
  }
  for (const RunResults& run : runs) {
    if (run.data != data || (run.*kFewLabelsFrom).test_set != test_set) continue;
    for (const FewLabelAccuracy& value : run.few_labels) add(value.labels);
  }
  std::ranges::sort(all, {}, labels_order);
  std::vector<TableColumn> columns;
  for (const std::string& labels : all) columns.push_back({.data = data, .column = labels, .test_set = test_set});
  return columns;
}

/// The pixels are the same for all runs on the same images with the same draws: they count once.
bool seen_before(const std::vector<RunResults>& runs, std::size_t run, const FewLabelAccuracy& value) {
  return std::any_of(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(run), [&](const RunResults& other) {
    const bool alike = other.data == runs[run].data && other.*kFewLabelsFrom == runs[run].*kFewLabelsFrom;
    return alike && std::ranges::any_of(other.few_labels, [&](const FewLabelAccuracy& old) {
             return old.space == value.space && old.standardised == value.standardised && old.cost == value.cost &&
                    old.labels == value.labels && old.accuracy == value.accuracy;
           });
  });
}

}  // namespace

ResultTable few_label_table(const std::vector<RunResults>& runs, bool all_sets) {
  std::vector<TableColumn> columns;
  for (const std::string& data : data_sets(runs, PaperTable::few_labels, all_sets)) {
    for (const std::string& test_set : test_sets(data, runs, kFewLabelsFrom)) {
      const std::vector<TableColumn> of_set = few_label_columns(data, test_set, runs);
      columns.insert(columns.end(), of_set.begin(), of_set.end());
    }
  }
  TableBuilder builder(columns);
  const std::vector<std::string> names = row_names(runs, kFewLabelsFrom);
  const std::vector<std::string> notes = baseline_notes(runs, kFewLabelsFrom);
  add_paper_rows(builder, PaperTable::few_labels, runs, names);
  for (const std::size_t run : in_row_order(runs)) {
    for (const FewLabelAccuracy& value : runs[run].few_labels) {
      const TableColumn column{
          .data = runs[run].data, .column = value.labels, .test_set = (runs[run].*kFewLabelsFrom).test_set};
      const double percent = 100.0 * value.accuracy;
      const std::string scaled = (value.standardised ? ", standardised" : "") + cost_text(value.cost);
      if (value.space == kPixels || value.space == kPixelViews) {
        const std::string row = value.space == kPixels ? "Raw pixels" : "Raw pixels, views of labelled images";
        if (!seen_before(runs, run, value)) builder.add(row + scaled + notes[run], true, column, percent);
      } else if (value.space == kUntrained) {
        builder.add(names[run] + ", untrained" + scaled, true, column, percent);
      } else {
        builder.add(names[run] + (value.space == kLatent ? "" : ", " + value.space) + scaled, false, column, percent);
      }
    }
  }
  ResultTable table{"Table 1: classification accuracy with few labels",
                    "Test accuracy in percent of a logistic classifier on latent codes, by labelled training images "
                    "per class; mean over random draws of them.",
                    {"data set", "labels per class"},
                    {},
                    builder.finish()};
  for (const TableColumn& column : columns) {
    table.heads.push_back(
        {data_heading(column, columns, runs, kFewLabelsFrom), column.column == "full" ? "all" : column.column});
  }
  return table;
}

}  // namespace cebm
