#include "samplers/engine_cache.h"

#include <utility>

namespace cebm {

std::unique_ptr<LangevinEngine> EngineCache::take(EnergyModel& model, torch::Device device, Precision precision) {
  std::unique_ptr<LangevinEngine> engine;
  {
    const std::lock_guard lock(mutex_);
    engine = std::move(kept_);
  }
  if (engine && engine->renew(model, device, precision)) return engine;
  engine.reset();  // before the next takes memory
  return make_engine(model, device, precision);
}

void EngineCache::give_back(std::unique_ptr<LangevinEngine> engine) {
  if (!engine->is_kept()) return;
  const std::lock_guard lock(mutex_);
  kept_ = std::move(engine);
}

}  // namespace cebm
