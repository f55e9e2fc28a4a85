#include "eval/evaluators/confusion.h"

#include <cebm/figures.h>
#include <cebm/files.h>
#include <cebm/nearest.h>
#include <cebm/report.h>

#include <array>

#include "base/fixed_text.h"
#include "eval/evaluators/spaces.h"
#include "eval/tables/percent.h"

namespace cebm {

namespace {

constexpr const char* kName = "confusion";
constexpr std::size_t kConfusionTrain = 0;

std::string quoted(const std::string& cell) {
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

void write_counts(const std::filesystem::path& file, const std::vector<std::string>& classes,
                  const std::vector<std::vector<std::int64_t>>& counts) {
  std::string text = "true\\predicted";
  for (const std::string& name : classes) text += "," + quoted(name);
  for (std::size_t row = 0; row < counts.size(); ++row) {
    text += "\n" + quoted(classes[row]);
    for (const std::int64_t count : counts[row]) text += "," + std::to_string(count);
  }
  write_file_atomically(file, text + "\n");
}

std::vector<std::vector<std::int64_t>> as_rows(const torch::Tensor& matrix) {
  std::vector<std::vector<std::int64_t>> rows;
  for (std::int64_t r = 0; r < matrix.size(0); ++r) {
    const auto* const row = matrix[r].const_data_ptr<std::int64_t>();
    rows.emplace_back(row, row + matrix.size(1));
  }
  return rows;
}

class Confusion final : public Evaluator {
 public:
  Confusion(const ConfusionOptions& options, const EvaluatorContext& context) : k_(options.k), spaces_(options.spaces) {
    require_spaces(spaces_, context, kName);
  }

  std::vector<Feed> feeds() const override { return {{"", "train"}, {"", "test"}}; }

  void begin(std::size_t feed, const Dataset& data) override {
    sets_[feed].begin(data, feed == kConfusionTrain ? k_ : 1, kName);
    require_same_classes(sets_, kName, data.name);
    data_ = data.name;
  }

  void add(std::size_t feed, EvaluationBatch& batch) override {
    for (const std::string& space : spaces_) sets_[feed].add(space, batch.first(), batch.column(space));
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    const auto& [train, test] = sets_;
    ConfusionResult result{k_, train.classes(), {}};
    for (const std::string& space : spaces_) {
      const Neighbors neighbors = nearest_neighbors(train.points(space), test.points(space), k_);
      const torch::Tensor predicted = vote(neighbors, train.labels());
      const auto classes = static_cast<std::int64_t>(train.classes().size());
      const torch::Tensor matrix = confusion_matrix(test.labels(), predicted, classes);
      const double accuracy = predicted.eq(test.labels()).to(torch::kDouble).mean().item<double>();
      auto counts = as_rows(matrix);
      write_counts(directory / ("confusion_" + space + ".csv"), train.classes(), counts);
      write_file_atomically(directory / ("confusion_" + space + ".svg"),
                            heat_map_svg({title(space, accuracy), "true class", "predicted class, % of the true class",
                                          train.classes(), train.classes(), row_shares(matrix)}));
      result.spaces[space] = {accuracy, std::move(counts)};
    }
    return result.to_json();
  }

 private:
  std::string title(const std::string& space, double accuracy) const {
    return data_ + ", " + space + ": " + std::to_string(k_) + "-NN accuracy " + fixed_text(100.0 * accuracy, 2) + "%";
  }

  std::int64_t k_;
  std::vector<std::string> spaces_;
  std::string data_;
  std::array<LabelledPoints, 2> sets_;
};

}  // namespace

void ConfusionOptions::fields(Fields& visit) {
  visit.integer("k", k, {1, 1000}, "neighbours that vote; equal votes go to the class of the nearest");
  visit.words("spaces", spaces, column_names(), "where distances are taken");
}

std::shared_ptr<Evaluator> make_confusion(const ConfusionOptions& options, const EvaluatorContext& context) {
  return std::make_shared<Confusion>(options, context);
}

void confusion_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const ConfusionResult result = ConfusionResult::from_json(finished.result);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [space, of_space] : result.spaces) {
    rows.push_back({space, percent_text(100.0 * of_space.accuracy)});
  }
  report.paragraph("Test images classified by their " + std::to_string(result.k) +
                   " nearest training images in L2 distance.");
  report.table({"space", "accuracy in %"}, rows);
  for (const auto& row : rows) report.figure(finished.directory / ("confusion_" + row.front() + ".svg"));
}

}  // namespace cebm
