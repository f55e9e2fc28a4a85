#include "eval/scores.h"

#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/report.h>

#include <cstdio>

#include "eval/words.h"

namespace cebm {

namespace {

constexpr const char* kLabel = "label";

/// Names in the list that the model has; those that it has not are left out.
std::vector<std::string> chosen_columns(const std::string& list, const EvaluatorContext& context) {
  const ColumnContext model{.model = context.model.get()};
  std::vector<std::string> names;
  for (const std::string& name : split_words(list, "scores.columns")) {
    if (name == kLabel || find_column(name).available(model)) names.push_back(name);
  }
  return names;
}

std::string number(double value, int digits = 9) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

/// "image,a,b" and a row for each image; tensors [N] or [N, D], whose columns are numbered.
void write_csv(const std::filesystem::path& file, const std::vector<std::pair<std::string, torch::Tensor>>& tensors) {
  std::vector<torch::Tensor> flat;
  std::string header = "image";
  for (const auto& [name, tensor] : tensors) {
    flat.push_back(tensor.to(torch::kDouble).view({tensor.size(0), -1}));
    for (std::int64_t d = 0; d < flat.back().size(1); ++d) {
      header += "," + name + (tensor.dim() == 1 ? "" : "_" + std::to_string(d));
    }
  }
  const torch::Tensor all = torch::cat(flat, 1).contiguous();
  const double* value = all.const_data_ptr<double>();
  write_file_atomically(file, [&](const Append& append) {
    append(header + "\n");
    for (std::int64_t i = 0; i < all.size(0); ++i) {
      std::string row = std::to_string(i);
      for (std::int64_t d = 0; d < all.size(1); ++d) row += "," + number(*value++);
      append(row + "\n");
    }
  });
}

class Scores final : public Evaluator {
 public:
  Scores(const ScoresOptions& options, const EvaluatorContext& context)
      : own_(context.own), names_(chosen_columns(options.columns, context)) {}

  std::vector<Feed> feeds() const override { return {own_}; }

  void add(std::size_t, EvaluationBatch& batch) override {
    for (const std::string& name : names_) {
      columns_[name].push_back(name == kLabel ? batch.labels() : batch.column(name));
    }
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    nlohmann::json summary = nlohmann::json::object();
    std::vector<std::pair<std::string, torch::Tensor>> single;
    for (const std::string& name : names_) {
      const torch::Tensor all = torch::cat(columns_.at(name));
      summary["images"] = all.size(0);
      write_npy(directory / (name + ".npy"), all);
      if (all.dim() > 1) {
        write_csv(directory / (name + ".csv"), {{name, all}});
        continue;
      }
      single.emplace_back(name, all);
      if (name == kLabel) continue;
      const torch::Tensor exact = all.to(torch::kDouble);
      summary[name] = {{"mean", exact.mean().item<double>()}, {"std", exact.std().item<double>()}};
    }
    if (!single.empty()) write_csv(directory / "scores.csv", single);
    return summary;
  }

 private:
  Feed own_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<torch::Tensor>> columns_;
};

}  // namespace

void ScoresOptions::fields(Fields& visit) {
  visit.text("columns", columns, "what to write, separated by commas; what the model does not have is left out");
}

std::shared_ptr<Evaluator> make_scores(const ScoresOptions& options, const EvaluatorContext& context) {
  return std::make_shared<Scores>(options, context);
}

void scores_section(const FinishedEvaluation& finished, HtmlReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : finished.result.items()) {
    if (value.is_object()) rows.push_back({name, number(value.at("mean"), 5), number(value.at("std"), 5)});
  }
  report.paragraph("Per-image numbers are in the folder " + finished.directory.filename().string() + ".");
  report.table({"quantity", "mean", "standard deviation"}, rows);
}

}  // namespace cebm
