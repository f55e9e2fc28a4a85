#include "eval/evaluators/scores.h"

#include <cebm/image_io.h>
#include <cebm/report.h>

#include "base/fixed_text.h"
#include "eval/evaluators/image_table.h"

namespace cebm {

namespace {

constexpr const char* kLabel = "label";
constexpr const char* kTable = "scores.csv";

/// The columns of the list that the model has.
std::vector<std::string> available_columns(const std::vector<std::string>& list, const EvaluatorContext& context) {
  std::vector<std::string> names;
  for (const std::string& name : list) {
    if (name == kLabel || find_column(name).available(*context.model)) names.push_back(name);
  }
  return names;
}

class Scores final : public Evaluator {
 public:
  Scores(const ScoresOptions& options, const EvaluatorContext& context)
      : own_(context.own), names_(available_columns(options.columns, context)), csv_width_(options.csv_width) {}

  std::vector<Feed> feeds() const override { return {own_}; }

  void add(std::size_t, EvaluationBatch& batch) override {
    for (const std::string& name : names_) {
      columns_[name].push_back(name == kLabel ? batch.labels() : batch.column(name));
    }
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    ScoresResult result;
    std::vector<ImageColumn> table;
    for (const std::string& name : names_) {
      const torch::Tensor all = torch::cat(columns_.at(name));
      result.images = all.size(0);
      write_npy(directory / (name + ".npy"), all);
      if (all.dim() == 1 || all.size(1) <= csv_width_) table.emplace_back(name, all);
      if (all.dim() > 1 || name == kLabel) continue;
      result.columns[name] = spread_of(all);
    }
    write_image_table(directory / kTable, table);
    return result.to_json();
  }

 private:
  Feed own_;
  std::vector<std::string> names_;
  std::int64_t csv_width_;
  std::map<std::string, std::vector<torch::Tensor>> columns_;
};

}  // namespace

void ScoresOptions::fields(Fields& visit) {
  std::vector<std::string> known = column_names();
  known.insert(known.begin(), kLabel);
  visit.words("columns", columns, known, "what to write; what the model does not have is left out");
  visit.integer("csv_width", csv_width, {0, 1000000},
                "vectors of at most this many numbers an image are in scores.csv too, longer ones in their .npy alone");
}

std::shared_ptr<Evaluator> make_scores(const ScoresOptions& options, const EvaluatorContext& context) {
  return std::make_shared<Scores>(options, context);
}

void scores_section(const FinishedEvaluation& finished, HtmlReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, spread] : ScoresResult::from_json(finished.result).columns) {
    rows.push_back({name, general_text(spread.mean, 5), general_text(spread.std, 5)});
  }
  report.paragraph("Per-image numbers are in the folder " + finished.directory.filename().string() +
                   ": all of them as .npy, those that fit a table in " + kTable + ".");
  report.table({"quantity", "mean", "standard deviation"}, rows);
}

}  // namespace cebm
