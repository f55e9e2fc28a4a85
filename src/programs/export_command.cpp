#include "programs/export_command.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/run.h>

#include <iostream>
#include <memory>
#include <optional>

#include "base/durable/new_folder.h"
#include "programs/log.h"
#include "programs/program.h"
#include "programs/streams.h"
#include "report/run_origin.h"
#include "runs/run_layout.h"

namespace cebm::app {

namespace fs = std::filesystem;

namespace {

struct ExportFlags {
  fs::path run, out;
  std::optional<std::uint64_t> step;
  Weights weights = Weights::average;
};

/// Copies run.json without the command that resumes the training.
void write_origin(const fs::path& run, const fs::path& folder) {
  RunOrigin origin = read_run_origin(run);
  origin.command.clear();
  write_run_origin(folder, origin);
}

int export_run(const ExportFlags& flags) {
  keep_going_without_readers();
  if (fs::exists(fs::symlink_status(flags.out))) {
    throw ConfigError("--out " + flags.out.string() + ": exists; expected a folder that does not");
  }
  std::vector<SkippedCheckpoint> skipped;
  const Checkpoint whole = checkpoint_of(flags.run, flags.step, skipped);
  for (const auto& skip : skipped) warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
  const Checkpoint alone = weights_alone(whole, flags.weights);
  NewFolder folder(flags.out, run_layout::kConfig);
  save_checkpoint(folder.path() / run_layout::kCheckpoints, alone);
  write_origin(flags.run, folder.path());
  write_file_atomically(folder.path() / run_layout::kConfig, alone.config);
  folder.publish();
  info("weights of step " + std::to_string(alone.step));
  std::cout << flags.out.string() << "\n";
  return 0;
}

}  // namespace

void add_export_command(CLI::App& cli, std::function<int()>& chosen) {
  CLI::App* command = cli.add_subcommand(
      "export",
      "the weights of a run alone, as a run that can be sampled and evaluated: to share, or of an earlier step");
  const auto flags = std::make_shared<ExportFlags>();
  add_path(*command, "-r,--run", flags->run, "run directory")->required();
  add_path(*command, "-o,--out", flags->out, "run directory that is made")->required();
  add_count(*command, "--step", flags->step, "step of the checkpoint; default the newest");
  add_weights(*command, flags->weights);
  command->callback([flags, &chosen] { chosen = [flags] { return export_run(*flags); }; });
}

}  // namespace cebm::app
