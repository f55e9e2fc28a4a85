// cebm-eval: evaluates a trained run; one subcommand per registered evaluator.
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>

#include <iostream>

#include "support/listing.h"
#include "support/log.h"
#include "support/program.h"
#include "support/progress.h"

namespace {

using namespace cebm;

struct Flags {
  app::CommonFlags common;
  std::filesystem::path run;
  std::filesystem::path out;
  std::string data;
  std::string split = "test";
  std::string weights = "average";
  std::vector<std::string> overrides;
  std::int64_t batch_size = 500;
};

void add_run_flag(CLI::App& cli, Flags& flags) { cli.add_option("-r,--run", flags.run, "run directory")->required(); }

void add_evaluator_flags(CLI::App& cli, Flags& flags) {
  add_run_flag(cli, flags);
  cli.add_option("-o,--out", flags.out, "where results go; default <run>/eval/<evaluator>/<data>_<split>");
  cli.add_option("--data", flags.data, "data set; default the run's own");
  cli.add_option("--split", flags.split, "train or test; svhn also extra")->capture_default_str();
  cli.add_option("--weights", flags.weights, "average (where the run keeps one) or live")
      ->check(CLI::IsMember({"average", "live"}))
      ->capture_default_str();
  cli.add_option("-s,--set", flags.overrides, "option of the evaluator: --set key=value")
      ->take_all()
      ->allow_extra_args(false);
  cli.add_option("--batch-size", flags.batch_size, "images at a time")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  flags.common.add_to(cli);
}

int run_evaluator(const Catalog& catalog, const EvaluatorEntry& row, const Flags& flags) {
  const torch::Device device = flags.common.apply();
  const auto options = row.options(catalog);
  ConfigNode overrides = parse_config("{}");
  apply_overrides(overrides, flags.overrides);
  read_options(overrides, *options);

  const OpenedRun opened =
      open_run(flags.run, catalog, device, flags.weights == "live" ? Weights::live : Weights::average);
  for (const auto& skip : opened.skipped) app::warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
  Choice<DatasetEntry> data(catalog.datasets, catalog, flags.data.empty() ? opened.config->data.name() : flags.data);
  const auto set = data.build(DataContext{.root = flags.common.data_root,
                                          .split = flags.split,
                                          .image = opened.model->image_shape(),
                                          .progress = app::progress_bar("read", "image")});
  const auto out = flags.out.empty() ? flags.run / "eval" / row.name / (set->name + "_" + set->split) : flags.out;

  const auto evaluator = row.build(*options, EvaluatorContext{opened.model});
  app::Progress progress(row.name, "image", static_cast<std::uint64_t>(set->size()));
  evaluate(*opened.model, *evaluator, *set, flags.batch_size, device,
           [&](std::uint64_t done, std::uint64_t) { progress.update(done); });
  const auto summary = evaluator->finish(out);
  app::info(summary.dump());
  std::cout << out.string() << "\n";
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
