#include <cebm/checkpoint.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/few_shot_result.h>
#include <cebm/files.h>
#include <cebm/ood_result.h>
#include <cebm/samples_result.h>
#include <cebm/shell.h>
#include <cebm/tables.h>
#include <cebm/text.h>

#include <algorithm>

#include "base/chosen_name.h"
#include "eval/evaluators/confusion.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kConfigFile = "config.yaml";

void add_spaces(const std::map<std::string, FewShotResult::Space>& spaces, bool standardised, double cost,
                RunResults& run) {
  for (const auto& [name, space] : spaces) {
    for (const auto& [shots, accuracy] : space.few) {
      run.few_labels.push_back({name, std::to_string(shots), accuracy.mean, standardised, cost});
    }
    if (space.full) run.few_labels.push_back({name, "full", *space.full, standardised, cost});
  }
}

void add_few_labels(const nlohmann::json& json, RunResults& run) {
  const FewShotResult result = FewShotResult::from_json(json);
  if (result.validation > 0) {
    run.notes.push_back("few-shot: the result is of " + std::to_string(result.validation) +
                        " training images (validation), not of the test set");
    return;
  }
  add_spaces(result.spaces, false, result.cost, run);
  add_spaces(result.standardised, true, result.cost, run);
}

void add_ood(const nlohmann::json& json, RunResults& run) {
  for (const auto& [other, of_set] : OodResult::from_json(json).sets) {
    if (!of_set.missing.empty()) run.notes.push_back("ood: " + other + " was not there");
    for (const auto& [score, metrics] : of_set.scores) {
      run.ood.push_back({score, other, metrics.auroc.value, metrics.aupr.value, metrics.fpr95.value});
    }
  }
}

void add_nearest(const nlohmann::json& json, RunResults& run) {
  const ConfusionResult result = ConfusionResult::from_json(json);
  for (const auto& [name, space] : result.spaces) run.nearest.push_back({name, result.k, space.accuracy});
}

void add_samples(const nlohmann::json& json, RunResults& run) {
  for (const SamplesResult::Source& source : SamplesResult::from_json(json).sources) {
    const SampleQuality& quality = source.quality;
    run.samples.push_back({source.name, "frechet", quality.frechet, true});
    run.samples.push_back({source.name, "precision", 100.0 * quality.precision, false});
    run.samples.push_back({source.name, "recall", 100.0 * quality.recall, false});
    run.samples.push_back({source.name, "coverage", 100.0 * quality.coverage, false});
  }
}

std::string required_name(const ConfigNode& config, const std::string& key, const fs::path& file) {
  std::string name = chosen_name(config, key);
  if (name.empty()) throw ConfigError(file.string() + ": " + key + ": expected a name, found none");
  return name;
}

nlohmann::json as_json(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::scalar) return node.scalar;
  nlohmann::json json = node.kind == ConfigNode::Kind::list ? nlohmann::json::array() : nlohmann::json::object();
  for (const ConfigNode& item : node.items) json.push_back(as_json(item));
  for (const auto& [key, value] : node.children) json[key] = as_json(value);
  return json;
}

/// The configuration without train.seed as text; equal values give equal text.
std::string without_seed(const ConfigNode& config) {
  nlohmann::json json = as_json(config);
  if (json.contains("train") && json["train"].is_object()) json["train"].erase("seed");
  return dump_json(json);
}

using Add = void (*)(const nlohmann::json& result, RunResults& run);

/// The configuration that an evaluation of the run is of: the newest checkpoint's. The run's own is another one from
/// when it is resumed with a change until the next checkpoint, and the only one before the first.
fs::path evaluated_config(const fs::path& run) {
  const std::vector<fs::path> checkpoints = list_checkpoints(run / "checkpoints");
  const auto newest = std::find_if(checkpoints.rbegin(), checkpoints.rend(),
                                   [](const fs::path& folder) { return fs::exists(folder / kConfigFile); });
  return (newest == checkpoints.rend() ? run : *newest) / kConfigFile;
}

/// Adds the result of `evaluator` if there is one for the configuration with this SHA-256. Notes an outdated one, and a
/// missing one that is `expected`.
void read_into(RunResults& run, const std::string& evaluator, const std::string& config_sha256, Add add,
               bool expected) {
  const fs::path folder = run.directory / "eval" / evaluator;
  const fs::path file = folder / "result.json";
  const std::string command = "cebm-eval " + evaluator + " --run " + shell_word(run.directory.string());
  if (!fs::exists(file)) {
    if (expected) run.notes.push_back(evaluator + ": no result; `" + command + "` makes it");
    return;
  }
  const nlohmann::json whole = read_result(folder);
  try {
    if (whole.at("provenance").at("config_sha256") != config_sha256) {
      run.notes.push_back(evaluator + ": the result is of an earlier configuration; `" + command +
                          "` brings it up to date");
      return;
    }
    const std::vector<std::uint64_t> steps = checkpoint_steps(run.directory / "checkpoints");
    const std::uint64_t newest = steps.empty() ? 0 : steps.back();
    if (const auto step = whole.at("provenance").value("step", newest); step < newest) {
      run.notes.push_back(evaluator + ": the result is of step " + std::to_string(step) +
                          ", the newest checkpoint of step " + std::to_string(newest) + "; `" + command +
                          "` brings it up to date");
    }
    add(whole.at("result"), run);
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": expected a result of " + evaluator + ", found another form: " + error.what());
  } catch (const DataError& error) {
    throw DataError(file.string() + ": " + error.what());
  }
}

}  // namespace

RunResults read_run_results(const fs::path& directory) {
  if (!fs::exists(directory / kConfigFile)) {
    throw CheckpointError(directory.string() + ": expected a run (a folder with config.yaml), found none");
  }
  const fs::path file = evaluated_config(directory);
  const std::string text = read_file(file);
  const ConfigNode config = parse_config(text, file.string());
  RunResults run{directory,
                 required_name(config, "model", file),
                 required_name(config, "data", file),
                 without_seed(config),
                 {},
                 {},
                 {}};
  const std::string digest = sha256(text);
  read_into(run, "few-shot", digest, add_few_labels, /*expected=*/true);
  read_into(run, "ood", digest, add_ood, /*expected=*/true);
  read_into(run, "confusion", digest, add_nearest, /*expected=*/false);
  read_into(run, "samples", digest, add_samples, /*expected=*/false);
  return run;
}

}  // namespace cebm
