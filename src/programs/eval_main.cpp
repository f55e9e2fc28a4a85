// cebm-eval: evaluates a trained run; one subcommand per registered evaluator, and general ones such as all and report.
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/programs.h>
#include <cebm/run.h>
#include <cebm/run_report.h>

#include <iostream>

#include "programs/eval_run.h"
#include "programs/export_command.h"
#include "programs/listing.h"
#include "programs/ranking_command.h"
#include "programs/streams.h"
#include "programs/table_command.h"
#include "programs/tensorboard_command.h"

namespace cebm {

int eval_main(int argc, char** argv, const Catalog& catalog) {
  CLI::App cli("Evaluates a trained run.", "cebm-eval");
  // At most one, set before the subcommands are added, which take it over: a later word of a subcommand's name is then
  // a value (--runs vae samples) or refused, and does not begin another subcommand.
  cli.require_subcommand(0, 1);
  app::EvaluationFlags flags;
  std::function<int()> chosen;
  flags.arguments.assign(argv, argv + argc);
  bool list = false;
  bool help_config = false;
  bool markdown = false;
  cli.add_flag("--list", list, "print evaluators, data sets and all other components");
  cli.add_flag("--help-config", help_config, "print every evaluator's options, which --set takes");
  cli.add_flag("--markdown", markdown, "with --help-config: as Markdown");
  for (const auto& row : catalog.evaluators.rows()) {
    CLI::App* command = cli.add_subcommand(row.name, row.summary);
    flags.add_to(*command, "option of the evaluator, of those below: --set key=value");
    command->footer([&] { return "Options for --set\n" + reference_text(app::document_evaluators(catalog, {row})); });
    app::add_path(*command, "-o,--out", flags.out, "where results go; default a folder below <run>/eval");
    command->callback([&] { chosen = [&] { return app::run_evaluator(catalog, row, flags); }; });
  }
  CLI::App* all = cli.add_subcommand("all", "the evaluations that the model has a use for, into the run's report.html");
  flags.add_to(*all, "option of one evaluator: --set ood.sets=mnist,constant; cebm-eval --help-config has them all");
  all->callback([&] { chosen = [&] { return app::run_all(catalog, flags); }; });
  app::add_table_command(cli, chosen);
  app::add_ranking_command(cli, chosen);
  app::add_tensorboard_command(cli, chosen);
  app::add_export_command(cli, chosen);
  CLI::App* report = cli.add_subcommand("report", "writes the run's report.html anew");
  flags.add_run_to(*report);
  report->callback([&] {
    chosen = [&] {
      app::keep_going_without_readers();
      std::cout << write_run_report(flags.run, catalog.evaluators).string() << "\n";
      return 0;
    };
  });
  return app::run_program(cli, argc, argv, [&] {
    if (list) {
      std::cout << app::list_catalog(catalog);
      return 0;
    }
    if (help_config) {
      const auto docs = app::document_evaluators(catalog, catalog.evaluators.rows());
      std::cout << (markdown ? reference_markdown(docs, "Options of evaluators") : reference_text(docs));
      return 0;
    }
    if (!chosen) throw ConfigError("expected a subcommand; see cebm-eval --help");
    return chosen();
  });
}

}  // namespace cebm
