#include "engine/cuda/device_engine.h"
#include "engine/engines.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/work_stream.h"

namespace cebm {

namespace {

namespace cuda = kernels::cuda;

WorkDevice work_device_of(int device) {
  const auto stream = std::make_shared<cuda::WorkStream>(device);
  return {.run = [stream](const Work& work) { stream->run(work); },
          .record = [stream](const Work& work) { return stream->record(work); }};
}

DeviceBackEnd back_end_of(int device) {
  return {.kernels = cuda::kernels(),
          .stream = [device] { return cuda::current_stream(device); },
          .work = work_device_of(device)};
}

}  // namespace

std::optional<WorkDevice> work_device(c10::Device device) {
  if (!device.is_cuda()) return std::nullopt;
  return work_device_of(device.index());
}

std::unique_ptr<Engine> make_cuda_engine(EnergyModel& model, torch::Device device, Precision precision) {
  if (!device.is_cuda()) return nullptr;
  const std::optional<EnergyPlan> plan = model.plan();
  if (!plan) return nullptr;
  const torch::Device where = plan->layers.front().weight.device();
  if (!where.is_cuda()) return nullptr;
  return make_device_engine(model, where, precision, back_end_of(where.index()));
}

}  // namespace cebm
