// The back ends of engine.h.
#pragma once

#include <cebm/engine.h>

#include <memory>

namespace cebm {

/// LibTorch's operations, tile by tile on the CPU: the reference. Serves every model in float32.
std::unique_ptr<Engine> make_tensor_engine(EnergyModel& model);
/// Kernels of our own on the CPU, for models with an EnergyPlan. Null where it cannot serve the model.
std::unique_ptr<Engine> make_cpu_engine(EnergyModel& model, torch::Device device, Precision precision);
/// Langevin steps through LibTorch's convolutions and kernels of our own on a GPU, for models with an EnergyPlan; the
/// rest through LibTorch. Null where it cannot serve the model.
std::unique_ptr<Engine> make_cuda_engine(EnergyModel& model, torch::Device device, Precision precision);

/// A ComposedEnergy by the fastest engines of its parts, which then see the whole batch. Null for any other model.
/// Throws ConfigError where make_engine does for a part.
std::unique_ptr<Engine> make_composed_engine(EnergyModel& model, torch::Device device, Precision precision);

}  // namespace cebm
