#include "train/attempt.h"

#include <cebm/config.h>
#include <cebm/errors.h>

#include <cmath>
#include <string>

#include "base/option_text.h"
#include "runs/sampler_state.h"

namespace cebm {

namespace {

/// Derives the seed of an attempt with the finaliser of splitmix64 (Steele et al. 2014), since seed + 1 may be another
/// run's. Shifted by one bit into the range of train.seed.
std::uint64_t seed_of(std::uint64_t seed, std::uint64_t attempt) {
  std::uint64_t mixed = seed + attempt * 0x9E3779B97F4A7C15ULL;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
  return (mixed ^ (mixed >> 31U)) >> 1U;
}

/// The data set with train.labels_per_class labels per class (0: all), drawn by the run's seed, so that a rollback
/// keeps them. Throws DataError if the objective needs labels and the set has none.
std::shared_ptr<const Dataset> with_labels(const std::shared_ptr<Dataset>& data, const RunConfig& run) {
  const std::int64_t per_class = run.train.labels_per_class;
  if (run.objective_options().uses_labels() && data->labels.max().item<std::int64_t>() < 0) {
    throw DataError(data->name + ": expected images with labels, which objective: " + run.objective.name() +
                    " learns, found none");
  }
  if (per_class == 0) return data;
  return std::make_shared<const Dataset>(with_few_labels(*data, per_class, static_cast<std::uint64_t>(run.train.seed)));
}

}  // namespace

RunConfig config_of_attempt(const RunConfig& config, std::uint64_t attempt) {
  RunConfig changed(config.catalog());
  ConfigNode node = parse_config(dump_options(config));
  if (attempt > 0) {
    const auto power = static_cast<double>(attempt);
    const GuardOptions& guard = config.guard;
    const double rate = config.train.optimizer.learning_rate * std::pow(guard.learning_rate_scale, power);
    apply_overrides(node,
                    {"train.seed=" + std::to_string(seed_of(static_cast<std::uint64_t>(config.train.seed), attempt)),
                     "train.optimizer.learning_rate=" + number_text(rate)});
  }
  read_options(node, changed);
  scale_sampler(changed.sampler(), changed.guard, attempt);
  return changed;
}

Attempt::Attempt(const RunConfig& run, std::uint64_t number, const std::shared_ptr<Dataset>& data, torch::Device device,
                 const std::function<void(Model&)>& initialize, const std::shared_ptr<Ranks>& ranks)
    : config(config_of_attempt(run, number)),
      learner(config, data->image_shape(), device, initialize, data, ranks),
      source(with_labels(data, run), learner.pixel_range(), config.train.data_noise_std, config.train.batch_size,
             static_cast<std::uint64_t>(config.train.seed), device),
      guard(run.guard, run.train.max_energy, config.objective_options().metrics(), learner.norm_names()) {}

void Attempt::load(const Checkpoint& checkpoint, const StartAnew& anew) {
  learner.load(checkpoint, anew);
  const nlohmann::json& progress = checkpoint.part("progress").values;
  if (progress.contains("guard")) guard.load(progress["guard"]);
}

nlohmann::json RollbackHistory::save() const {
  return {{"attempt", attempt}, {"last_found", last_found}, {"last_target", last_target}};
}

RollbackHistory RollbackHistory::load(const nlohmann::json& state) {
  return {state.at("attempt").get<std::uint64_t>(), state.at("last_found").get<std::uint64_t>(),
          state.at("last_target").get<std::uint64_t>()};
}

std::optional<std::uint64_t> rollback_target(const std::vector<std::uint64_t>& steps, std::uint64_t found,
                                             std::uint64_t margin, const RollbackHistory& history) {
  if (steps.empty()) return std::nullopt;
  const bool stuck = history.attempt > 0 && found <= history.last_found + 2 * margin;
  std::uint64_t target = steps.front();
  for (const std::uint64_t step : steps) {
    const bool good = step + margin <= found;
    if (good && !(stuck && step >= history.last_target)) target = step;
  }
  return target;
}

}  // namespace cebm
