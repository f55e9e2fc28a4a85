// cebm-train: runs one configured training.
#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/device.h>
#include <cebm/errors.h>
#include <cebm/programs.h>
#include <cebm/shell.h>
#include <cebm/trainer.h>

#include <csignal>
#include <cstdio>
#include <iostream>

#include "dist/joined_ranks.h"
#include "programs/company.h"
#include "programs/listing.h"
#include "programs/log.h"
#include "programs/program.h"
#include "programs/progress.h"
#include "programs/progress_line.h"
#include "programs/settings.h"
#include "programs/signals.h"
#include "programs/streams.h"
#include "runs/run_layout.h"

namespace cebm {

namespace {

struct TrainFlags {
  std::string program;                 ///< argv[0]
  std::vector<std::string> arguments;  ///< the whole command line, for the ranks that are started
  app::CommonFlags common;
  app::RankFlags ranks;
  std::string config;
  std::vector<std::string> overrides;
  std::filesystem::path out;
  std::filesystem::path init_from;
  bool resume = false;
  bool force_resume = false;
  bool dry_run = false;
  bool help_config = false;
  bool markdown = false;
  bool list = false;
};

void add_train_flags(CLI::App& cli, TrainFlags& flags) {
  app::add_path(cli, "-c,--config", flags.config, "configuration file, or the name of one that comes with the program");
  cli.add_option("-s,--set", flags.overrides, "override a key: --set train.batch_size=64 (repeatable)")
      ->take_all()
      ->allow_extra_args(false);
  app::add_path(cli, "-o,--out", flags.out, "run directory; default runs/<config name>");
  app::add_path(cli, "--init-from", flags.init_from,
                "start from these weights: a safetensors file or a checkpoint folder, names and shapes as the model's");
  cli.add_flag("--resume", flags.resume, "go on from the newest whole checkpoint in the run directory");
  cli.add_flag("--force-resume", flags.force_resume,
               "as --resume, even with a configuration that makes it another experiment of the same model; what the "
               "checkpoint does not have for it starts anew");
  cli.add_flag("--dry-run", flags.dry_run,
               "check the configuration as a start does, model and all but without data, print it resolved, and stop");
  cli.add_flag("--help-config", flags.help_config, "print every configuration key");
  cli.add_flag("--markdown", flags.markdown, "with --help-config: as Markdown");
  cli.add_flag("--list", flags.list, "print models, biases, encoders, samplers and data sets");
  flags.ranks.add_to(cli);
  flags.common.add_to(cli);
}

std::string metrics_line(const MetricsRow& row, std::uint64_t steps) {
  char head[96];
  std::snprintf(head, sizeof head, "step %llu/%llu", static_cast<unsigned long long>(row.step),
                static_cast<unsigned long long>(steps));
  std::string line = head;
  for (const auto& [name, value] : row.shown) {
    char text[64];
    std::snprintf(text, sizeof text, "  %s %.4g", name.c_str(), value);
    line += text;
  }
  char speed[48];
  std::snprintf(speed, sizeof speed, "  %.2f steps/s", row.steps_per_second);
  return line + speed;
}

/// The command that resumes the run from the same shell and working directory.
std::string resume_command(const TrainFlags& flags, const std::filesystem::path& directory) {
  app::CommandLine line(shell_word(flags.program));
  line.add("--config", flags.config);
  line.add("--out", directory.string());
  for (const std::string& override : flags.overrides) line.add("--set", override);
  flags.ranks.add_to(line);
  flags.common.add_to(line);
  line.add("--resume");
  return line.text();
}

/// The configuration's name: that of its file without .yaml or .yml. Another dot belongs to the name: exp.v1.
std::string config_name(const std::string& config) {
  const std::filesystem::path file = std::filesystem::path(config).filename();
  const bool has_suffix = file.extension() == ".yaml" || file.extension() == ".yml";
  return has_suffix ? file.stem() : file;
}

TrainPlan plan_of(const TrainFlags& flags, const RunConfig& config, torch::Device device) {
  if (!flags.init_from.empty() && (flags.resume || flags.force_resume))
    throw ConfigError("expected one of --init-from and --resume, found both: a run that goes on has its own weights");
  TrainPlan plan;
  plan.config_name = config_name(flags.config);
  plan.directory = flags.out.empty() ? std::filesystem::path("runs") / plan.config_name : flags.out;
  plan.data.root = flags.common.data_root;
  plan.data.seed = static_cast<std::uint64_t>(config.train.seed);
  plan.data.progress = app::progress_bar("read", "image");
  plan.device = device;
  plan.init_from = flags.init_from;
  plan.resume = flags.resume || flags.force_resume;
  plan.force = flags.force_resume;
  plan.resume_command = resume_command(flags, plan.directory);
  return plan;
}

int check_configuration(const RunConfig& config, const TrainPlan& plan) {
  if (const auto image = check(config, plan)) {
    app::info("checked: " + config.model.name() + " for images of " + image->describe() +
              " (channels x height x width) can be trained by " + config.objective.name());
  } else {
    app::warn("the model was not built: " + config.data.name() + " must be read to know the shape of its images");
  }
  std::cout << dump_options(config);
  return 0;
}

/// Exit code of ranks other than 0. Rank 0 reports the reason; a stop signal may have reached only another rank.
int code_of_other_rank(TrainOutcome outcome) {
  if (outcome != TrainOutcome::stopped) return 0;
  return 128 + (app::stop_signal() != 0 ? app::stop_signal() : SIGTERM);
}

int run_training(const RunConfig& config, const TrainPlan& plan, const TrainFlags& flags) {
  const auto steps = static_cast<std::uint64_t>(config.train.steps);
  app::info("training " + config.model.name() + " on " + config.data.name() + " for " + std::to_string(steps) +
            " steps into " + plan.directory.string());
  app::info(describe_device(plan.device));
  if (!plan.ranks->alone()) app::info("ranks: " + std::to_string(plan.ranks->size()) + ", " + rank_libraries());
  std::unique_ptr<app::Progress> progress;
  TrainCallbacks callbacks;
  if (plan.ranks->leads()) callbacks.on_message = app::say;
  callbacks.on_step = [&](std::uint64_t step, std::uint64_t total) {
    if (!plan.ranks->leads()) return;
    if (!app::progress_line_available()) return;  // rows of metrics show the progress
    if (!progress) progress = std::make_unique<app::Progress>("train", "step", total);
    progress->update(step);
  };
  callbacks.on_metrics = [&](const MetricsRow& row) { app::info(metrics_line(row, steps)); };
  callbacks.should_stop = [] { return app::stop_signal() != 0; };
  callbacks.should_save = app::take_save_request;

  const TrainOutcome outcome = train(config, plan, callbacks);
  progress.reset();
  if (!plan.ranks->leads()) return code_of_other_rank(outcome);
  const std::string report = (plan.directory / run_layout::kReport).string();
  if (outcome == TrainOutcome::stopped) {
    app::warn("stopped by a signal after saving; go on with: " + resume_command(flags, plan.directory));
    return 128 + (app::stop_signal() != 0 ? app::stop_signal() : SIGTERM);  // or another rank got the signal
  }
  if (outcome == TrainOutcome::out_of_time) {
    app::warn("stopped after train.max_hours, saved; resume with: " + resume_command(flags, plan.directory));
    return 0;
  }
  app::info("done; report: " + report);
  std::cout << report << "\n";
  return 0;
}

void read_configuration(RunConfig& config, const TrainFlags& flags) {
  app::read_settings(load_config(find_config(flags.config), flags.overrides), config);
}

/// Trains together with the ranks of --ranks, torchrun or srun, if there are any.
int train_in_company(RunConfig& config, const TrainFlags& flags) {
  app::keep_going_without_readers();
  app::watch_stop_signals();
  app::watch_save_signal();
  const app::Company company(flags.ranks, flags.arguments);
  return company.run([&] {
    const torch::Device device = flags.common.apply(&company);
    read_configuration(config, flags);
    TrainPlan plan = plan_of(flags, config, device);
    if (!company.leads()) plan.data.progress = {};
    const Joined joined = company.join(device, std::filesystem::exists(plan.directory / run_layout::kConfig));
    plan.ranks = joined.ranks;
    plan.resume = plan.resume || joined.began_here;
    return run_training(config, plan, flags);
  });
}

int run_train(const TrainFlags& flags, const Catalog& catalog) {
  if (flags.list) {
    std::cout << app::list_catalog(catalog);
    return 0;
  }
  RunConfig config(catalog);
  if (flags.help_config) {
    const auto docs = document_options(config);
    std::cout << (flags.markdown ? reference_markdown(docs) : reference_text(docs));
    return 0;
  }
  if (flags.config.empty()) throw ConfigError("--config is missing; see cebm-train --help");
  if (!flags.dry_run) return train_in_company(config, flags);
  const torch::Device device = flags.common.apply();
  read_configuration(config, flags);
  return check_configuration(config, plan_of(flags, config, device));
}

}  // namespace

int train_main(int argc, char** argv, const Catalog& catalog) {
  CLI::App cli("Trains conjugate energy-based models and their baselines from a YAML configuration.", "cebm-train");
  TrainFlags flags;
  flags.program = argv[0];
  flags.arguments.assign(argv, argv + argc);
  add_train_flags(cli, flags);
  return app::run_program(cli, argc, argv, [&] { return run_train(flags, catalog); });
}

}  // namespace cebm
