// cebm-eval: evaluates a trained run; one subcommand per registered evaluator.
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>

#include <iostream>

#include "support/listing.h"
#include "support/log.h"
#include "support/program.h"
#include "support/progress.h"
#include "support/ranking_command.h"

namespace {

using namespace cebm;

struct Flags {
  app::CommonFlags common;
  std::filesystem::path run;
  std::filesystem::path out;
  Feed own;
  std::string weights = "average";
  std::vector<std::string> overrides;
  EvaluationPlan plan;
};

void add_run_flag(CLI::App& cli, Flags& flags) { cli.add_option("-r,--run", flags.run, "run directory")->required(); }

void add_evaluator_flags(CLI::App& cli, Flags& flags) {
  add_run_flag(cli, flags);
  cli.add_option("-o,--out", flags.out, "where results go; default a folder below <run>/eval");
  cli.add_option("--data", flags.own.data, "data set of evaluators that look at one set; default the run's own");
  cli.add_option("--split", flags.own.split, "its split: train or test; svhn also extra")->capture_default_str();
  cli.add_option("--data-option", flags.plan.data_options, "option of the run's own data set: --data-option limit=1000")
      ->take_all()
      ->allow_extra_args(false);
  cli.add_option("--weights", flags.weights, "average (where the run keeps one) or live")
      ->check(CLI::IsMember({"average", "live"}))
      ->capture_default_str();
  cli.add_option("-s,--set", flags.overrides, "option of the evaluator: --set key=value")
      ->take_all()
      ->allow_extra_args(false);
  cli.add_option("--seed", flags.plan.seed, "seed of everything that is drawn")->capture_default_str();
  cli.add_option("--batch-size", flags.plan.batch_size, "images at a time; results do not depend on it")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  cli.add_flag("--resize", flags.plan.resize, "bring sets of another image shape to the model's");
  flags.common.add_to(cli);
}

OpenedRun open(const Flags& flags, const Catalog& catalog, torch::Device device) {
  OpenedRun run = open_run(flags.run, catalog, device, flags.weights == "live" ? Weights::live : Weights::average);
  for (const auto& skip : run.skipped) app::warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
  return run;
}

/// Shows one bar for each set that is read.
class ReadingProgress {
 public:
  void update(const std::string& what, std::uint64_t done, std::uint64_t total) {
    if (what != what_) bar_ = std::make_unique<app::Progress>(what, "image", total);
    what_ = what;
    bar_->update(done);
  }

 private:
  std::string what_;
  std::unique_ptr<app::Progress> bar_;
};

/// Below <run>/eval: results on a set that the user names get a folder for that set, evaluators of a single set one for
/// its split as well.
std::filesystem::path default_folder(const OpenedRun& run, const std::string& name, const Evaluator& evaluator,
                                     const Flags& flags) {
  const std::vector<Feed> feeds = evaluator.feeds();
  const std::filesystem::path folder = name;
  if (feeds == std::vector<Feed>{flags.own}) {
    const std::string data = flags.own.data.empty() ? run.config->data.name() : flags.own.data;
    return folder / (data + "_" + flags.own.split);
  }
  const bool named = !flags.own.data.empty() && !feeds.empty() && feeds.front().data == flags.own.data;
  return named ? folder / flags.own.data : folder;
}

int run_evaluator(const Catalog& catalog, const EvaluatorEntry& row, const Flags& flags) {
  const torch::Device device = flags.common.apply();
  const auto options = row.options(catalog);
  ConfigNode overrides = parse_config("{}");
  apply_overrides(overrides, flags.overrides);
  read_options(overrides, *options);

  const OpenedRun run = open(flags, catalog, device);
  const std::filesystem::path folder = flags.run / "eval";
  const auto say = [](const std::string& text) { app::info(text); };
  const auto evaluator =
      row.build(*options, EvaluatorContext{run.model, flags.plan.seed, flags.own, run.config->data.name(), say});
  const Evaluation evaluation{
      row.name, evaluator, dump_options(*options),
      flags.out.empty() ? folder / default_folder(run, row.name, *evaluator, flags) : flags.out};

  EvaluationPlan plan = flags.plan;
  plan.data_root = flags.common.data_root;
  plan.columns = folder / "columns";
  plan.device = device;
  plan.message = say;
  plan.should_stop = [] { return app::stop_signal() != 0; };
  ReadingProgress progress;
  plan.progress = [&](const auto& what, auto done, auto total) { progress.update(what, done, total); };
  app::watch_stop_signals();
  const EvaluationOutcome outcome = evaluate(run, catalog, {evaluation}, plan);
  if (outcome.stopped) {
    app::warn("stopped by a signal; what was computed is kept, the same command goes on from there");
    return 128 + app::stop_signal();
  }
  app::info(outcome.results.front().at("result").dump());
  std::cout << evaluation.directory.string() << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Evaluates a trained run.", "cebm-eval");
  const Catalog catalog;
  Flags flags;
  std::function<int()> chosen;
  bool list = false;
  cli.add_flag("--list", list, "print evaluators, data sets and all other components");
  for (const auto& row : catalog.evaluators.rows()) {
    CLI::App* command = cli.add_subcommand(row.name, row.summary);
    add_evaluator_flags(*command, flags);
    command->callback([&] { chosen = [&] { return run_evaluator(catalog, row, flags); }; });
  }
  cebm::app::add_ranking_command(cli, chosen);
  CLI::App* report = cli.add_subcommand("report", "writes the run's report.html anew");
  add_run_flag(*report, flags);
  report->callback([&] {
    chosen = [&] {
      std::cout << write_run_report(flags.run).string() << "\n";
      return 0;
    };
  });
  return cebm::app::run_program(cli, argc, argv, [&] {
    if (list) {
      std::cout << cebm::app::list_catalog(catalog);
      return 0;
    }
    if (!chosen) throw cebm::ConfigError("expected a subcommand; see cebm-eval --help");
    return chosen();
  });
}
