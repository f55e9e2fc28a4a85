#include "report/evaluation_sections.h"

#include <cebm/checkpoint.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/text.h>

#include <algorithm>

#include "base/chosen_name.h"
#include "eval/run/provenance.h"
#include "eval/tables/deviation.h"
#include "report/result_folders.h"
#include "runs/run_layout.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

struct Found {
  std::ptrdiff_t place;  ///< of the evaluator in the registry
  fs::path directory;
  const EvaluatorEntry* row;  ///< null if the registry does not know the evaluator
  nlohmann::json whole;       ///< the result file
};

/// The origin of a result: "Step 1000, averaged weights, seed 1."
std::string origin(const nlohmann::json& provenance, const fs::path& run) {
  const auto step = provenance.at("step").get<std::uint64_t>();
  std::string text = "Step " + std::to_string(step) +
                     (provenance.at("averaged").get<bool>() ? ", averaged weights" : ", last weights") + ", seed " +
                     std::to_string(provenance.at("seed").get<std::uint64_t>()) + ".";
  const std::vector<fs::path> checkpoints = list_checkpoints(run / run_layout::kCheckpoints);
  if (!checkpoints.empty() && checkpoints.back().filename() != checkpoint_name(step)) {
    text += " The run has another checkpoint by now: " + checkpoints.back().filename().string() + ".";
  }
  return text;
}

class Sections {
 public:
  Sections(HtmlReport& report, const fs::path& run)
      : report_(report), run_(run), config_(parse_config(read_file(run / run_layout::kConfig), run_layout::kConfig)) {}

  void add(const Found& found) {
    const nlohmann::json& result = found.whole.at("result");
    if (found.row == nullptr || !found.row->section) {
      report_.code(dump_json(result, 2));
    } else {
      show(found);
    }
    const std::string command = found.whole.value("command", "");
    report_.paragraph(origin(found.whole.at("provenance"), run_) + (command.empty() ? "" : " Repeat with:"));
    if (!command.empty()) report_.code(command);
  }

 private:
  void show(const Found& found) {
    const std::string data = chosen_name(config_, "data");
    const std::string deviation = deviation_of(found.whole, run_, data);
    const bool learned_labels = found.whole.at("provenance").value(kLearnedLabels, false);
    if (!deviation.empty()) report_.paragraph("This result is " + deviation + ".");
    if (learned_labels) report_.paragraph("The training used labels of the training images.");
    found.row->section({.result = found.whole.at("result"),
                        .directory = found.directory,
                        .run_model = chosen_name(config_, "model"),
                        .run_data = data,
                        .beside_paper = deviation.empty() && !learned_labels},
                       report_);
  }

  HtmlReport& report_;
  fs::path run_;
  ConfigNode config_;
};

void add_list(HtmlReport& report, const std::string& heading, const std::map<std::string, std::string>& reasons) {
  if (reasons.empty()) return;
  report.heading(heading);
  for (const auto& [evaluator, reason] : reasons) report.paragraph(reason);
}

void add_survey(HtmlReport& report, const fs::path& folder) {
  const EvaluationSurvey survey = read_survey(folder);
  add_list(report, "Evaluations that do not apply", survey.unsuited);
  add_list(report, "Evaluations that failed", survey.failed);
  if (survey.command.empty()) return;
  report.paragraph("All evaluations at once:");
  report.code(survey.command);
}

}  // namespace

void add_evaluations(HtmlReport& report, const fs::path& directory, const Registry<EvaluatorEntry>& evaluators) {
  const auto& rows = evaluators.rows();
  std::vector<Found> all;
  std::vector<std::string> damaged;
  for (const fs::path& folder : result_folders(directory / run_layout::kEval)) {
    try {
      nlohmann::json whole = read_result(folder);
      const auto row = std::ranges::find(rows, whole.at("evaluator").get<std::string>(), &EvaluatorEntry::name);
      all.push_back({row - rows.begin(), folder, row == rows.end() ? nullptr : &*row, std::move(whole)});
    } catch (const DataError& error) {
      damaged.emplace_back(error.what());
    } catch (const nlohmann::json::exception& error) {
      damaged.push_back((folder / "result.json").string() + ": of another form: " + error.what());
    }
  }
  std::ranges::stable_sort(all, {}, &Found::place);
  Sections sections(report, directory);
  for (const Found& found : all) {
    report.heading(found.directory.lexically_relative(directory / run_layout::kEval).string() +
                   (found.row == nullptr ? "" : ": " + found.row->summary));
    const auto cannot_be_shown = [&](const std::exception& error) {
      report.paragraph("Cannot be shown: " + (found.directory / "result.json").string() + ": " + error.what());
    };
    try {
      sections.add(found);
    } catch (const Error& error) {
      cannot_be_shown(error);
    } catch (const nlohmann::json::exception& error) {
      cannot_be_shown(error);
    }
  }
  for (const std::string& message : damaged) report.paragraph("Left out: " + message);
  try {
    add_survey(report, directory / run_layout::kEval);
  } catch (const DataError& error) {
    report.paragraph(std::string("Left out: ") + error.what());
  }
}

}  // namespace cebm
