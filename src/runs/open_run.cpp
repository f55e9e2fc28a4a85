#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>

namespace cebm {

namespace fs = std::filesystem;

namespace {

ImageShape image_shape_of(const State& model_state) {
  const auto& shape = model_state.values.at("image");
  return {shape.at(0).get<std::int64_t>(), shape.at(1).get<std::int64_t>(), shape.at(2).get<std::int64_t>()};
}

Checkpoint newest_checkpoint(const fs::path& directory, std::vector<SkippedCheckpoint>& skipped) {
  if (!fs::is_directory(directory)) throw CheckpointError(directory.string() + ": no such run directory");
  auto found = load_newest_checkpoint(directory / "checkpoints", skipped);
  if (found) return *std::move(found);
  std::string message = directory.string() + ": expected a run with a checkpoint, found none that is whole";
  for (const auto& skip : skipped) message += "\n  " + skip.folder.string() + ": " + skip.reason;
  throw CheckpointError(message);
}

}  // namespace

OpenedRun open_run(const fs::path& directory, const Catalog& catalog, torch::Device device, Weights weights) {
  OpenedRun run;
  run.checkpoint = newest_checkpoint(directory, run.skipped);
  run.config = std::make_unique<RunConfig>(catalog);
  read_recorded_options(parse_config(run.checkpoint.config, (directory / "config.yaml").string()), *run.config);

  const State& live = run.checkpoint.part("model");
  run.model =
      run.config->model.build(ModelContext{image_shape_of(live), static_cast<std::uint64_t>(run.config->train.seed)});
  load_module_state(*run.model, live);
  const auto average = run.checkpoint.parts.find("ema");
  if (weights == Weights::average && average != run.checkpoint.parts.end()) {
    State state = live;
    for (const auto& [name, tensor] : average->second.tensors) state.tensors[name] = tensor;
    load_module_state(*run.model, state);
    run.averaged = true;
  }
  run.model->to(device);
  run.model->eval();
  return run;
}

}  // namespace cebm
