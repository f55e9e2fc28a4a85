#include <cebm/checkpoint.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/evaluator_options.h>
#include <cebm/few_shot_result.h>
#include <cebm/files.h>
#include <cebm/ood_result.h>
#include <cebm/samples_result.h>
#include <cebm/shell.h>
#include <cebm/tables.h>
#include <cebm/text.h>

#include <algorithm>
#include <optional>

#include "base/chosen_name.h"
#include "base/option_text.h"
#include "eval/evaluators/confusion.h"
#include "eval/run/provenance.h"
#include "eval/tables/deviation.h"
#include "runs/average_part.h"
#include "runs/run_layout.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

void add_spaces(const std::map<std::string, FewShotResult::Space>& spaces, bool standardised, double cost,
                RunResults& run) {
  for (const auto& [name, space] : spaces) {
    for (const auto& [shots, accuracy] : space.few) {
      run.few_labels.push_back({name, std::to_string(shots), accuracy.mean, standardised, cost});
    }
    if (space.full) run.few_labels.push_back({name, "full", *space.full, standardised, cost});
  }
}

/// A result file's content.
struct StoredResult {
  const nlohmann::json& result;
  nlohmann::json options;  ///< of the evaluator
  nlohmann::json data;     ///< provenance of the sets in the order of the evaluator's feeds
};

void add_few_labels(const StoredResult& stored, RunResults& run) {
  const FewShotResult result = FewShotResult::from_json(stored.result);
  add_spaces(result.spaces, false, result.cost, run);
  add_spaces(result.standardised, true, result.cost, run);
}

/// The SHA-256 of a set; empty where the result does not say.
std::string sha256_of_set(const nlohmann::json& data, std::size_t place) {
  return place < data.size() ? data[place].value("sha256", "") : "";
}

void add_ood(const StoredResult& stored, RunResults& run) {
  for (const auto& [other, of_set] : OodResult::from_json(stored.result).sets) {
    if (!of_set.missing.empty()) run.notes.push_back("ood: " + other + " was not there");
    std::size_t place = 1;  // after the run's own
    while (place < stored.data.size() && stored.data[place].value("name", "") != other) ++place;
    const std::string other_set = sha256_of_set(stored.data, place);
    for (const auto& [score, metrics] : of_set.scores) {
      run.ood.push_back({score, other, metrics.auroc.value, metrics.aupr.value, metrics.fpr95.value, other_set});
    }
  }
}

void add_nearest(const StoredResult& stored, RunResults& run) {
  const ConfusionResult result = ConfusionResult::from_json(stored.result);
  for (const auto& [name, space] : result.spaces) run.nearest.push_back({name, result.k, space.accuracy});
}

void add_samples(const StoredResult& stored, RunResults& run) {
  const SamplesResult result = SamplesResult::from_json(stored.result);
  const auto steps = stored.options.find("classifier_steps");
  const std::string usual = std::to_string(SamplesOptions().classifier_steps);
  const bool otherwise_trained = steps != stored.options.end() && *steps != usual;
  const std::string features =
      result.features + (otherwise_trained ? " for " + steps->get<std::string>() + " steps" : std::string());
  for (const SamplesResult::Source& source : result.sources) {
    const SampleQuality& quality = source.quality;
    run.samples.push_back({source.name, "frechet", quality.frechet, true, features});
    run.samples.push_back({source.name, "precision", 100.0 * quality.precision, false, features});
    run.samples.push_back({source.name, "recall", 100.0 * quality.recall, false, features});
    run.samples.push_back({source.name, "coverage", 100.0 * quality.coverage, false, features});
  }
}

/// The results of an evaluator that the tables show.
struct ResultKind {
  std::string evaluator;
  bool expected;       ///< a missing one is worth a note
  std::size_t scored;  ///< place of the test set among the evaluator's feeds; before it: what it is fitted to
  std::vector<std::string> choices;  ///< options that say which numbers there are, but change none
  ResultBasis RunResults::*from;
  void (*add)(const StoredResult& stored, RunResults& run);
};

const std::vector<ResultKind>& result_kinds() {
  static const std::vector<ResultKind> kinds{
      {"few-shot",
       true,
       1,
       {"shots", "spaces", "scaling", "full", "baselines", "write_draws"},
       &RunResults::few_labels_from,
       add_few_labels},
      {"ood", true, 0, {"sets", "scores", "bootstrap"}, &RunResults::ood_from, add_ood},
      {"confusion", false, 1, {"k", "spaces"}, &RunResults::nearest_from, add_nearest},
      {"samples", false, 1, {"validation"}, &RunResults::samples_from, add_samples},
  };
  return kinds;
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

/// The folder that the option `path` of a data set names, for people.
std::string place_of(const ConfigNode& config) {
  const ConfigNode* const data = config.find("data");
  const ConfigNode* const path = data == nullptr ? nullptr : data->find("path");
  if (path == nullptr) return {};
  const fs::path folder = fs::path(path->scalar).lexically_normal();
  return readable((folder.has_filename() ? folder : folder.parent_path()).filename().string());
}

/// The newest checkpoint; nothing before the first.
std::optional<fs::path> newest_checkpoint_of(const fs::path& run) {
  const std::vector<fs::path> checkpoints = list_checkpoints(run / run_layout::kCheckpoints);
  const auto newest = std::find_if(checkpoints.rbegin(), checkpoints.rend(),
                                   [](const fs::path& folder) { return fs::exists(folder / run_layout::kConfig); });
  return newest == checkpoints.rend() ? std::nullopt : std::optional(*newest);
}

/// The configuration that an evaluation of the run is of: the newest checkpoint's. The run's own is another one from
/// when it is resumed with a change until the next checkpoint, and the only one before the first.
fs::path evaluated_config(const fs::path& run) { return newest_checkpoint_of(run).value_or(run) / run_layout::kConfig; }

bool keeps_average(const fs::path& run) {
  const auto newest = newest_checkpoint_of(run);
  return newest && fs::exists(*newest / (std::string(kAveragePart) + ".safetensors"));
}

/// As text, equal for results whose numbers may be averaged.
std::string protocol_of(const StoredResult& stored, const ResultKind& kind) {
  nlohmann::json protocol = {{"options", stored.options}, {"fitted_to", nlohmann::json::array()}};
  for (const std::string& choice : kind.choices) protocol["options"].erase(choice);
  for (std::size_t set = 0; set < kind.scored; ++set) {
    protocol["fitted_to"].push_back(sha256_of_set(stored.data, set));
  }
  return dump_json(protocol);
}

StoredResult stored_in(const nlohmann::json& whole, const fs::path& file) {
  const auto options = whole.at("options").get<std::string>();
  return {whole.at("result"), as_json(parse_config(options.empty() ? "{}" : options, file.string() + ": options")),
          whole.at("provenance").value("data", nlohmann::json::array())};
}

/// Adds the result of a kind if there is a regular one for the configuration with this SHA-256. Notes another one, an
/// outdated one, and a missing one that is expected.
void read_into(RunResults& run, const ResultKind& kind, const std::string& config_sha256) {
  const fs::path folder = run.directory / run_layout::kEval / kind.evaluator;
  const fs::path file = folder / "result.json";
  const std::string command = "`cebm-eval " + kind.evaluator + " --run " + shell_word(run.directory.string()) + "`";
  const auto note = [&](const std::string& text) { run.notes.push_back(kind.evaluator + ": " + text); };
  if (!fs::exists(file)) {
    if (kind.expected) note("no result; " + command + " makes it");
    return;
  }
  const nlohmann::json whole = read_result(folder);
  try {
    const nlohmann::json& provenance = whole.at("provenance");
    if (provenance.at("config_sha256") != config_sha256) {
      return note("the result is of an earlier configuration; " + command + " brings it up to date");
    }
    const StoredResult stored = stored_in(whole, file);
    if (const std::string deviation = deviation_of(whole, run.directory, run.data); !deviation.empty()) {
      return note("the result is " + deviation + "; " + command + " makes one for the table");
    }
    const std::vector<std::uint64_t> steps = checkpoint_steps(run.directory / run_layout::kCheckpoints);
    const std::uint64_t newest = steps.empty() ? 0 : steps.back();
    if (const auto step = provenance.value("step", newest); step < newest) {
      note("the result is of step " + std::to_string(step) + ", the newest checkpoint of step " +
           std::to_string(newest) + "; " + command + " brings it up to date");
    }
    run.learned_labels = run.learned_labels || provenance.value(kLearnedLabels, false);
    run.*kind.from = {sha256_of_set(stored.data, kind.scored), protocol_of(stored, kind)};
    kind.add(stored, run);
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": expected a result of " + kind.evaluator +
                    ", found another form: " + error.what());
  } catch (const DataError& error) {
    throw DataError(file.string() + ": " + error.what());
  }
}

}  // namespace

std::string deviation_of(const nlohmann::json& whole, const fs::path& run, const std::string& run_data) {
  if (const auto validation = whole.at("result").value("validation", std::int64_t{0}); validation > 0) {
    return "of " + std::to_string(validation) + " training images (validation), not of the test set";
  }
  const nlohmann::json& provenance = whole.at("provenance");
  const nlohmann::json data = provenance.value("data", nlohmann::json::array());
  const auto kind = std::ranges::find(result_kinds(), whole.at("evaluator").get<std::string>(), &ResultKind::evaluator);
  if (kind != result_kinds().end() && kind->scored < data.size()) {
    const nlohmann::json& scored = data[kind->scored];
    if (const auto name = scored.value("name", run_data); name != run_data) {
      return "of the data set " + name + ", not of " + run_data;
    }
    if (const auto split = scored.value("split", "test"); split != "test") {
      return "of the split " + split + ", not of test";
    }
  }
  for (const nlohmann::json& set : data) {
    if (const auto options = set.value("options", std::vector<std::string>()); !options.empty()) {
      return "of other images than the configuration's (--data-option " + join(options) + ")";
    }
  }
  if (!provenance.value("averaged", true) && keeps_average(run)) {
    return "of the last weights (--weights live), not of their average";
  }
  return {};
}

RunResults read_run_results(const fs::path& directory) {
  if (!fs::exists(directory / run_layout::kConfig)) {
    throw CheckpointError(directory.string() + ": expected a run (a folder with config.yaml), found none");
  }
  const fs::path file = evaluated_config(directory);
  const std::string text = read_file(file);
  const ConfigNode config = parse_config(text, file.string());
  RunResults run{.directory = directory,
                 .model = required_name(config, "model", file),
                 .data = required_name(config, "data", file),
                 .configuration = without_seed(config),
                 .few_labels = {},
                 .ood = {},
                 .notes = {},
                 .place = place_of(config)};
  const std::string digest = sha256(text);
  for (const ResultKind& kind : result_kinds()) read_into(run, kind, digest);
  return run;
}

}  // namespace cebm
