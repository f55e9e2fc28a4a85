#include "programs/eval_run.h"

#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/run.h>
#include <cebm/run_report.h>
#include <cebm/sampling.h>
#include <cebm/text.h>

#include <iostream>
#include <memory>
#include <optional>

#include "base/cache_folder.h"
#include "programs/command_line.h"
#include "programs/log.h"
#include "programs/progress.h"
#include "programs/settings.h"
#include "programs/signals.h"
#include "programs/streams.h"
#include "report/run_events.h"
#include "runs/run_layout.h"

namespace cebm::app {

namespace fs = std::filesystem;

namespace {

OpenedRun open(const EvaluationFlags& flags, const Catalog& catalog, torch::Device device) {
  OpenedRun run = open_run(flags.run, catalog, device, flags.weights);
  for (const auto& skip : run.skipped) warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
  const auto sampler = sampler_settings(run);
  for (const std::string& note : {missing_adaptation(run, sampler), why_chains_stand(run, sampler)}) {
    if (!note.empty()) warn(note);
  }
  return run;
}

using ShowProgress = decltype(EvaluatorContext::progress);

/// Shows one bar for each data set that is read, and for each long computation of an evaluator.
class EvaluationProgress {
 public:
  void update(const std::string& what, const std::string& unit, std::uint64_t done, std::uint64_t total) {
    if (what != what_) bar_ = std::make_unique<Progress>(what, unit, total);
    what_ = what;
    bar_->update(done);
  }

  /// The callback for computations of evaluators; after a stop signal it throws EvaluationStopped.
  ShowProgress of_steps() {
    return [this](const std::string& what, std::uint64_t done, std::uint64_t total) {
      if (stop_signal() != 0) throw EvaluationStopped{};
      update(what, "step", done, total);
    };
  }

 private:
  std::string what_;
  std::unique_ptr<Progress> bar_;
};

/// Returns make(). Messages of its ConfigError and CheckpointError get the evaluator's name as a prefix.
template <class Make>
auto for_evaluator(const EvaluatorEntry& row, const Make& make) {
  const auto named = [&](const std::string& message) {
    return message.starts_with(row.name) ? message : row.name + (": " + message);
  };
  try {
    return make();
  } catch (const ConfigError& error) {
    throw ConfigError(named(error.what()));
  } catch (const CheckpointError& error) {
    throw CheckpointError(named(error.what()));
  }
}

/// An evaluator's options with overrides "key=value". Throws ConfigError.
std::unique_ptr<Options> options_of(const Catalog& catalog, const EvaluatorEntry& row,
                                    const std::vector<std::string>& overrides,
                                    void (*read)(const ConfigNode&, Options&) = read_options) {
  return for_evaluator(row, [&] {
    auto options = row.options(catalog);
    ConfigNode node = parse_config("{}");
    apply_overrides(node, overrides);
    read(node, *options);
    return options;
  });
}

struct Prepared {
  Evaluation evaluation;
  EvaluationFlags read;  ///< the flags as far as the evaluation reads them
};

/// Builds an evaluator with options "key=value". Throws ConfigError, also for data sets that are not registered.
Prepared prepare(const Catalog& catalog, const EvaluatorEntry& row, const OpenedRun& run, const EvaluationFlags& flags,
                 const std::vector<std::string>& overrides, const ShowProgress& progress = {}) {
  const auto options = options_of(catalog, row, overrides);
  EvaluationFlags read = as_read(flags, row.own);
  const auto evaluator = for_evaluator(row, [&] {
    auto made = row.build(*options, EvaluatorContext{.model = run.model,
                                                     .seed = flags.plan.seed,
                                                     .own = read.own,
                                                     .run_data = run.config->data.name(),
                                                     .message = say,
                                                     .learned_labels = run.config->objective_options().uses_labels(),
                                                     .run = &run,
                                                     .cache = cache_folder(),
                                                     .progress = progress});
    for (const Feed& feed : made->feeds()) {
      if (!feed.data.empty()) (void)catalog.datasets.find(feed.data);
    }
    return made;
  });
  const std::vector<Feed> feeds = evaluator->feeds();
  if (!reads_own_set(feeds, run, catalog)) read.plan.data_options.clear();
  const fs::path folder =
      flags.out.empty() ? flags.run / run_layout::kEval / default_folder(row.name, feeds, run, read) : flags.out;
  return {{row.name, evaluator, dump_options(*options), folder, command_line(row.name, read, overrides)}, read};
}

/// Throws ConfigError if --data names an unknown data set.
void check_data(const Catalog& catalog, const EvaluationFlags& flags) {
  try {
    if (!flags.own.data.empty()) (void)catalog.datasets.find(flags.own.data);
  } catch (const ConfigError& error) {
    throw ConfigError(std::string("--data: ") + error.what());
  }
}

/// Whether `path` is in `folder`.
bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = fs::weakly_canonical(path).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

EvaluationOutcome run_evaluations(const OpenedRun& run, const Catalog& catalog,
                                  const std::vector<Evaluation>& evaluations, const EvaluationFlags& flags,
                                  torch::Device device, const std::shared_ptr<Ranks>& ranks,
                                  EvaluationProgress& progress, bool keep_going) {
  EvaluationPlan plan = flags.plan;
  plan.data_root = flags.common.data_root;
  plan.columns = flags.run / run_layout::kEval / "columns";
  plan.device = device;
  plan.ranks = ranks;
  plan.message = say;
  plan.should_stop = [] { return stop_signal() != 0; };
  plan.keep_going = keep_going;
  plan.progress = [&](const auto& what, auto done, auto total) {
    if (ranks->leads()) progress.update(what, "image", done, total);
  };
  watch_stop_signals();
  EvaluationOutcome outcome = evaluate(run, catalog, evaluations, plan);
  if (outcome.stopped) warn("stopped by a signal; what was computed is kept, the same command goes on from there");
  const bool of_run = flags.out.empty() || is_below(flags.out, flags.run / run_layout::kEval);
  if (of_run && run.config->train.tensorboard) write_evaluation_events(flags.run);
  return outcome;
}

/// Groups options "evaluator.key=value" by evaluator. Throws ConfigError for an unknown evaluator, an option without an
/// evaluator, and an option that the evaluator does not have.
std::map<std::string, std::vector<std::string>> by_evaluator(const Catalog& catalog,
                                                             const std::vector<std::string>& overrides) {
  std::map<std::string, std::vector<std::string>> sorted;
  for (const std::string& option : overrides) {
    const std::size_t dot = option.find('.');
    if (dot >= option.find('=')) {
      throw ConfigError("--set " + option + ": expected evaluator.key=value, such as ood.sets=constant");
    }
    sorted[catalog.evaluators.find(option.substr(0, dot)).name].push_back(option.substr(dot + 1));
  }
  for (const auto& [name, options] : sorted) {
    (void)options_of(catalog, catalog.evaluators.find(name), options, read_settings);
  }
  return sorted;
}

/// Why the evaluator does not apply to the run's model, whatever its options; nothing if it applies.
std::optional<std::string> unsuited(const Catalog& catalog, const EvaluatorEntry& row, const OpenedRun& run,
                                    const EvaluationFlags& flags) {
  try {
    (void)prepare(catalog, row, run, flags, {});
    return std::nullopt;
  } catch (const ConfigError& error) {
    return error.what();
  }
}

}  // namespace

int run_evaluator(const Catalog& catalog, const EvaluatorEntry& row, const EvaluationFlags& flags) {
  keep_going_without_readers();
  const Company company(flags.ranks, flags.arguments);
  return company.run([&] {
    const torch::Device device = flags.common.apply(&company);
    check_data(catalog, flags);
    (void)options_of(catalog, row, flags.overrides, read_settings);
    const OpenedRun run = open(flags, catalog, device);
    EvaluationProgress progress;
    const auto [evaluation, read] = prepare(catalog, row, run, flags, flags.overrides, progress.of_steps());
    refuse_unread(flags, {read}, row.name);
    const auto ranks = company.join(device, false).ranks;
    const EvaluationOutcome outcome =
        run_evaluations(run, catalog, {evaluation}, flags, device, ranks, progress, false);
    if (!ranks->leads()) return 0;
    if (outcome.stopped) return 128 + stop_signal();
    info(dump_json(outcome.results.front().at("result")));
    std::cout << evaluation.directory.string() << "\n";
    return 0;
  });
}

int run_all(const Catalog& catalog, const EvaluationFlags& flags) {
  keep_going_without_readers();
  const Company company(flags.ranks, flags.arguments);
  return company.run([&] {
    const torch::Device device = flags.common.apply(&company);
    check_data(catalog, flags);
    const auto overrides = by_evaluator(catalog, flags.overrides);
    const OpenedRun run = open(flags, catalog, device);
    EvaluationSurvey survey{command_line("all", flags, flags.overrides), {}, {}};
    EvaluationProgress progress;
    std::vector<Evaluation> evaluations;
    std::vector<EvaluationFlags> read;
    for (const EvaluatorEntry& row : catalog.evaluators.rows()) {
      if (const auto reason = unsuited(catalog, row, run, flags)) {
        info("does not apply: " + *reason);
        survey.unsuited[row.name] = *reason;
        continue;
      }
      const auto own = overrides.find(row.name);
      if (row.on_request && own == overrides.end()) {
        info("left out: " + row.name + " takes minutes; ask for it by one of its options, or by cebm-eval " + row.name);
        continue;
      }
      auto prepared = prepare(catalog, row, run, flags,
                              own == overrides.end() ? std::vector<std::string>{} : own->second, progress.of_steps());
      evaluations.push_back(std::move(prepared.evaluation));
      read.push_back(std::move(prepared.read));
    }
    refuse_unread(flags, read, "all");
    const auto ranks = company.join(device, false).ranks;
    const EvaluationOutcome outcome = run_evaluations(run, catalog, evaluations, flags, device, ranks, progress, true);
    if (!ranks->leads()) return 0;
    if (outcome.stopped) return 128 + stop_signal();
    for (std::size_t e = 0; e < evaluations.size(); ++e) {
      if (outcome.failures[e].empty()) continue;
      error("failed: " + outcome.failures[e]);
      survey.failed[evaluations[e].name] = outcome.failures[e];
    }
    write_survey(flags.run / run_layout::kEval, survey);
    std::cout << write_run_report(flags.run, catalog.evaluators).string() << "\n";
    return survey.failed.empty() ? 0 : 1;
  });
}

}  // namespace cebm::app
