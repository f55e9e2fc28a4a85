#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/run.h>
#include <cebm/shell.h>
#include <cebm/tables.h>
#include <cebm/text.h>

namespace cebm {

namespace fs = std::filesystem;

namespace {

double share(const nlohmann::json& value) {
  const double number = value.get<double>();
  if (!(number >= 0.0 && number <= 1.0)) {
    throw DataError("expected a share in [0, 1], found " + dump_json(value));
  }
  return number;
}

void add_few_labels(const nlohmann::json& result, RunResults& run) {
  for (const auto& [space, accuracies] : result.at("spaces").items()) {
    for (const auto& shots : result.at("shots")) {
      const std::string labels = std::to_string(shots.get<std::int64_t>());
      run.few_labels.push_back({space, labels, share(accuracies.at(labels).at("mean"))});
    }
    const nlohmann::json full = accuracies.value("full", nlohmann::json());
    if (!full.is_null()) run.few_labels.push_back({space, "full", share(full.at("accuracy"))});
    if (accuracies.contains("full_left_out")) {
      run.notes.push_back("few-shot, " + space + ": " + accuracies.at("full_left_out").get<std::string>());
    }
  }
}

void add_ood(const nlohmann::json& result, RunResults& run) {
  for (const auto& [other, of_set] : result.at("sets").items()) {
    if (of_set.contains("missing")) {
      run.notes.push_back("ood: " + other + " was not there");
      continue;
    }
    for (const auto& [score, metrics] : of_set.items()) {
      if (score == "images") continue;
      const auto metric = [&, &metrics = metrics](const char* name) { return share(metrics.at(name).at("value")); };
      run.ood.push_back({score, other, metric("auroc"), metric("aupr"), metric("fpr95")});
    }
  }
}

using Add = void (*)(const nlohmann::json& result, RunResults& run);

/// Adds the result of `evaluator` if it is there and of the run as it is now.
void read_into(RunResults& run, const std::string& evaluator, const std::string& config_sha256, Add add) {
  const fs::path folder = run.directory / "eval" / evaluator;
  const fs::path file = folder / "result.json";
  const std::string command = "cebm-eval " + evaluator + " --run " + shell_word(run.directory.string());
  if (!fs::exists(file)) {
    run.notes.push_back(evaluator + ": no result; `" + command + "` makes it");
    return;
  }
  const nlohmann::json whole = read_result(folder);
  try {
    if (whole.at("provenance").at("config_sha256") != config_sha256) {
      run.notes.push_back(evaluator + ": the result is of an earlier configuration; `" + command +
                          "` brings it up to date");
      return;
    }
    add(whole.at("result"), run);
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": expected a result of " + evaluator + ", found another form: " + error.what());
  } catch (const DataError& error) {
    throw DataError(file.string() + ": " + error.what());
  }
}

}  // namespace

RunResults read_run_results(const fs::path& directory, const Catalog& catalog) {
  const fs::path file = directory / "config.yaml";
  if (!fs::exists(file)) {
    throw CheckpointError(directory.string() + ": expected a run (a folder with config.yaml), found none");
  }
  const std::string text = read_file(file);
  RunConfig config(catalog);
  read_options(parse_config(text, file.string()), config);
  config.train.seed = 0;
  RunResults run{directory, config.model.name(), config.data.name(), dump_options(config), {}, {}, {}};
  read_into(run, "few-shot", sha256(text), add_few_labels);
  read_into(run, "ood", sha256(text), add_ood);
  return run;
}

}  // namespace cebm
