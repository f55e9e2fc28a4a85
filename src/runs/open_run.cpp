#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>

#include "runs/average_part.h"
#include "runs/run_layout.h"
#include "runs/sampler_state.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

ImageShape image_shape_of(const State& model_state) {
  const auto& shape = model_state.values.at("image");
  return {shape.at(0).get<std::int64_t>(), shape.at(1).get<std::int64_t>(), shape.at(2).get<std::int64_t>()};
}

/// "5000, 10000"
std::string listed(const std::vector<std::uint64_t>& steps) {
  std::string text;
  for (const std::uint64_t step : steps) text += (text.empty() ? "" : ", ") + std::to_string(step);
  return text.empty() ? "none" : text;
}

Checkpoint newest_checkpoint(const fs::path& directory, std::vector<SkippedCheckpoint>& skipped) {
  auto found = load_newest_checkpoint(directory / run_layout::kCheckpoints, skipped);
  if (found) return *std::move(found);
  std::string message = directory.string() + ": expected a run with a checkpoint, found none that is whole";
  for (const auto& skip : skipped) message += "\n  " + skip.folder.string() + ": " + skip.reason;
  throw CheckpointError(message);
}

/// The model's state, with the weights of the moving average if they are requested and the checkpoint has them.
State model_state(const Checkpoint& checkpoint, Weights weights, bool& averaged) {
  State state = checkpoint.part("model");
  const auto average = checkpoint.parts.find(kAveragePart);
  averaged = weights == Weights::average && average != checkpoint.parts.end();
  if (!averaged) return state;
  for (const auto& [name, tensor] : average->second.tensors) state.tensors[name] = tensor;
  return state;
}

}  // namespace

Checkpoint checkpoint_of(const fs::path& directory, std::optional<std::uint64_t> step,
                         std::vector<SkippedCheckpoint>& skipped) {
  if (!fs::is_directory(directory)) throw CheckpointError(directory.string() + ": no such run directory");
  if (!step) return newest_checkpoint(directory, skipped);
  const fs::path folder = directory / run_layout::kCheckpoints / checkpoint_name(*step);
  if (fs::is_directory(folder)) return load_checkpoint(folder);
  throw CheckpointError(directory.string() + ": expected a checkpoint of step " + std::to_string(*step) +
                        ", found those of steps " + listed(checkpoint_steps(directory / run_layout::kCheckpoints)));
}

Checkpoint weights_alone(const Checkpoint& checkpoint, Weights weights) {
  Checkpoint alone;
  alone.step = checkpoint.step;
  alone.config = checkpoint.config;
  bool averaged = false;
  alone.parts["model"] = model_state(checkpoint, weights, averaged);
  keep_sampler_state(checkpoint, alone);
  return alone;
}

OpenedRun open_run(const fs::path& directory, const Catalog& catalog, torch::Device device, Weights weights) {
  OpenedRun run;
  run.checkpoint = checkpoint_of(directory, std::nullopt, run.skipped);
  run.config = std::make_unique<RunConfig>(catalog);
  read_recorded_options(parse_config(run.checkpoint.config, (directory / run_layout::kConfig).string()), *run.config);

  const State state = model_state(run.checkpoint, weights, run.averaged);
  run.model =
      run.config->model.build(ModelContext{image_shape_of(state), static_cast<std::uint64_t>(run.config->train.seed)});
  load_module_state(*run.model, state);
  run.model->to(device);
  run.model->eval();
  return run;
}

}  // namespace cebm
