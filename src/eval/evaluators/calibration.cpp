#include "eval/evaluators/calibration.h"

#include <cebm/classification.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/report.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/fixed_text.h"
#include "eval/tables/percent.h"

namespace cebm {

namespace {

constexpr const char* kProbabilities = "class_probabilities";
constexpr const char* kDiagram = "reliability.svg";
constexpr double kSmallest = 1e-30;  ///< lower bound of p(label | x) in its logarithm

std::vector<CalibrationResult::Bin> fill_bins(const torch::Tensor& confidence, const torch::Tensor& right,
                                              std::int64_t count) {
  std::vector<CalibrationResult::Bin> bins(static_cast<std::size_t>(count));
  const auto* const p = confidence.const_data_ptr<double>();
  const auto* const hit = right.const_data_ptr<double>();
  for (std::int64_t i = 0; i < confidence.size(0); ++i) {
    const auto place = static_cast<std::int64_t>(p[i] * static_cast<double>(count));
    CalibrationResult::Bin& bin = bins[static_cast<std::size_t>(std::clamp<std::int64_t>(place, 0, count - 1))];
    ++bin.images;
    bin.confidence += p[i];
    bin.accuracy += hit[i];
  }
  for (CalibrationResult::Bin& bin : bins) {
    if (bin.images == 0) continue;
    bin.confidence /= static_cast<double>(bin.images);
    bin.accuracy /= static_cast<double>(bin.images);
  }
  return bins;
}

Chart reliability_chart(const CalibrationResult& result) {
  Chart chart{.title = "Reliability of p(y | x): " + result.data + ", " + result.split,
              .x_label = "mean of the largest p(y | x)",
              .y_label = "share that is right",
              .curves = {{"as it should be", {0.0, 1.0}, {0.0, 1.0}}, {"model", {}, {}}}};
  for (const CalibrationResult::Bin& bin : result.bins) {
    if (bin.images == 0) continue;
    chart.curves[1].x.push_back(bin.confidence);
    chart.curves[1].y.push_back(bin.accuracy);
  }
  return chart;
}

class Calibration final : public Evaluator {
 public:
  Calibration(const CalibrationOptions& options, const EvaluatorContext& context)
      : own_(context.own), bins_(options.bins) {
    if (!find_column(kProbabilities).available(*context.model)) {
      throw ConfigError("calibration: this run's model has no p(y | x): its bias has no components");
    }
    if (!context.learned_labels) {
      throw ConfigError("calibration: this run's objective learns no labels: its components are no classes");
    }
    components_ = components_of(*context.model)->components();
  }

  std::vector<Feed> feeds() const override { return {own_}; }

  void begin(std::size_t, const Dataset& data) override {
    if (std::ssize(data.classes) > components_) {
      throw DataError("calibration: expected at most " + std::to_string(components_) +
                      " classes, the components of the model's bias, found " + std::to_string(data.classes.size()) +
                      " in " + data.name);
    }
    name_ = data.name;
    split_ = data.split;
    probabilities_.clear();
    labels_.clear();
  }

  void add(std::size_t, EvaluationBatch& batch) override {
    const torch::Tensor known = batch.labels().ge(0).nonzero().squeeze(1);
    probabilities_.push_back(batch.column(kProbabilities).index_select(0, known));
    labels_.push_back(batch.labels().index_select(0, known));
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    const torch::Tensor labels = torch::cat(labels_);
    if (labels.size(0) == 0) throw DataError("calibration: expected images with labels, found none in " + name_);
    CalibrationResult result = calibration(torch::cat(probabilities_), labels, bins_);
    result.data = name_;
    result.split = split_;
    write_file_atomically(directory / kDiagram, chart_svg(reliability_chart(result)));
    return result.to_json();
  }

 private:
  Feed own_;
  std::int64_t bins_;
  std::int64_t components_ = 0;
  std::string name_;
  std::string split_;
  std::vector<torch::Tensor> probabilities_;
  std::vector<torch::Tensor> labels_;
};

}  // namespace

void CalibrationOptions::fields(Fields& visit) {
  visit.integer("bins", bins, {1, 1000}, "intervals of the largest p(y | x), of equal width");
}

CalibrationResult calibration(const torch::Tensor& probabilities, const torch::Tensor& labels, std::int64_t bins) {
  if (labels.size(0) == 0 || probabilities.size(0) != labels.size(0) || bins < 1) {
    throw std::invalid_argument("calibration: expected a row of probabilities for each of one or more labels");
  }
  const torch::Tensor p = probabilities.to(torch::kDouble);
  const torch::Tensor of_label = p.gather(1, labels.unsqueeze(1)).squeeze(1);
  const auto [confidence, found] = p.max(1);
  const torch::Tensor right = found.eq(labels).to(torch::kDouble);
  CalibrationResult result;
  result.images = labels.size(0);
  result.accuracy = right.mean().item<double>();
  result.log_loss = -of_label.clamp_min(kSmallest).log().mean().item<double>();
  result.brier = (p.square().sum(1) - 2.0 * of_label + 1.0).mean().item<double>();
  result.bins = fill_bins(confidence.contiguous(), right.contiguous(), bins);
  for (const CalibrationResult::Bin& bin : result.bins) {
    const double share = static_cast<double>(bin.images) / static_cast<double>(result.images);
    result.ece += share * std::abs(bin.accuracy - bin.confidence);
  }
  return result;
}

std::shared_ptr<Evaluator> make_calibration(const CalibrationOptions& options, const EvaluatorContext& context) {
  return std::make_shared<Calibration>(options, context);
}

void calibration_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const CalibrationResult result = CalibrationResult::from_json(finished.result);
  report.paragraph(
      "p(y | x) of the model itself, no classifier on top of it, for the " + std::to_string(result.images) +
      " labelled images of " + result.data + " (" + result.split +
      "). The expected calibration error (ECE) is the mean difference between how sure it is and how often "
      "it is right; the Brier score is at best 0 and at worst 2.");
  report.table({"accuracy in %", "ECE", "Brier score", "-log p(label | x)"},
               {{percent_text(100.0 * result.accuracy), fixed_text(result.ece, 4), fixed_text(result.brier, 4),
                 fixed_text(result.log_loss, 4)}});
  report.figure(finished.directory / kDiagram);
}

}  // namespace cebm
