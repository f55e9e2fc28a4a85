// The CUDA engine for any back end that has its kernels: a GPU's, or in tests one that runs them on the CPU.
#pragma once

#include <cebm/engine.h>

#include <memory>

#include "engine/cuda/device_back_end.h"

namespace cebm {

/// Null where it cannot serve the model.
std::unique_ptr<Engine> make_device_engine(EnergyModel& model, torch::Device device, Precision precision,
                                           DeviceBackEnd back_end);

}  // namespace cebm
