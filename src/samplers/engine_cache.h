// Keeps the engine of a sampler's last call, where making it again would cost more than the call.
#pragma once

#include <memory>
#include <mutex>

#include "samplers/langevin_engine.h"

namespace cebm {

/// Safe to use from several threads, and from within a call that has taken an engine: each taker has one of its own.
class EngineCache {
 public:
  /// An engine for the model and the weights that it has now: the one kept, if it can be renewed, or a new one.
  std::unique_ptr<LangevinEngine> take(EnergyModel& model, torch::Device device, Precision precision);
  /// Keeps an engine that can be used again.
  void give_back(std::unique_ptr<LangevinEngine> engine);

 private:
  std::mutex mutex_;
  std::unique_ptr<LangevinEngine> kept_;
};

}  // namespace cebm
