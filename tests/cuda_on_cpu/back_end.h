// The CUDA engine's back end with its kernels on the CPU layer and LibTorch's operations on the CPU.
#pragma once

#include <cebm/model.h>

#include <memory>

#include "cuda_on_cpu/kernels_on_cpu.h"
#include "engine/cuda/device_engine.h"

namespace cebm {

/// What a recording is replayed as: LibTorch's operations run on the CPU as soon as they are called, so that a replay
/// does the work again.
inline WorkDevice work_on_cpu() {
  return {.run = [](const Work& work) { work(); }, .record = [](const Work& work) { return work; }};
}

inline DeviceBackEnd back_end_on_cpu() {
  return {.kernels = kernels::on_cpu::kernels(), .stream = [] { return nullptr; }, .work = work_on_cpu()};
}

inline std::unique_ptr<Engine> engine_on_cpu(EnergyModel& model, Precision precision = Precision::float32) {
  return make_device_engine(model, torch::kCPU, precision, back_end_on_cpu());
}

}  // namespace cebm
