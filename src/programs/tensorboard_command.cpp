#include "programs/tensorboard_command.h"

#include <iostream>
#include <memory>

#include "programs/log.h"
#include "programs/program.h"
#include "programs/streams.h"
#include "report/run_events.h"

namespace cebm::app {

void add_tensorboard_command(CLI::App& cli, std::function<int()>& chosen) {
  CLI::App* command = cli.add_subcommand(
      "tensorboard",
      "event files for TensorBoard, of runs that have none: metrics, sample grids, configuration, results");
  const auto runs = std::make_shared<std::vector<std::filesystem::path>>();
  add_path(*command, "-r,--runs", *runs, "run directories")->required()->expected(1, 10000);
  command->callback([runs, &chosen] {
    chosen = [runs] {
      keep_going_without_readers();
      for (const std::filesystem::path& run : *runs) {
        if (!write_run_events(run, warn)) info(run.string() + ": has an event file, which stays as it is");
        const std::size_t results = write_evaluation_events(run);
        info(run.string() + ": " + std::to_string(results) + " results of evaluations");
        std::cout << event_file_of(run).string() << "\n";
      }
      return 0;
    };
  });
}

}  // namespace cebm::app
