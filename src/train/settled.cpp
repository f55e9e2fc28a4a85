#include "train/settled.h"

#include <cebm/config.h>
#include <cebm/engine.h>
#include <cebm/errors.h>

#include "runs/run_layout.h"
#include "train/attempt.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// The setting sampler.precision if it is auto; null otherwise.
Precision* open_precision(RunConfig& config) {
  Choice<SamplerEntry>* const sampler = config.objective_options().sampler();
  if (sampler == nullptr) return nullptr;
  Precision* const setting = dynamic_cast<SamplerOptions&>(sampler->options()).precision_setting();
  return setting != nullptr && *setting == Precision::automatic ? setting : nullptr;
}

/// The precision in the run's config.yaml; automatic if the file has errors, which the later comparison reports.
Precision recorded_precision(const fs::path& file, const Catalog& catalog) {
  try {
    RunConfig recorded(catalog);
    read_recorded_options(load_config(file), recorded);
    Choice<SamplerEntry>* const sampler = recorded.objective_options().sampler();
    if (sampler == nullptr) return Precision::automatic;
    const Precision* const setting = dynamic_cast<SamplerOptions&>(sampler->options()).precision_setting();
    return setting == nullptr ? Precision::automatic : *setting;
  } catch (const ConfigError&) {
    return Precision::automatic;
  }
}

}  // namespace

RunConfig settled_by_run(const RunConfig& config, const TrainPlan& plan) {
  RunConfig settled = config_of_attempt(config, 0);
  const fs::path file = plan.directory / run_layout::kConfig;
  Precision* const open = open_precision(settled);
  if (open != nullptr && plan.resume && fs::exists(file)) *open = recorded_precision(file, config.catalog());
  return settled;
}

std::string settle(RunConfig& config, ImageShape image, torch::Device device) {
  Precision* const open = open_precision(config);
  if (open == nullptr) return {};
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  const auto model = std::dynamic_pointer_cast<EnergyModel>(config.model.build(ModelContext{image, seed}));
  *open = Precision::float32;
  if (model) {
    model->to(device);
    *open = fastest_precision(*model, device);
  }
  return std::string("sampler.precision: auto is ") + name_of(*open) +
         " on this processor; kept when the run is resumed";
}

}  // namespace cebm
